"""Work for other machines: which pool a run belongs to, who executes it, and what becomes of a lost one."""

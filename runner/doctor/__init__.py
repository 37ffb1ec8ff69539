"""What `driftline doctor` looks at: one function a check, each with facts and the way to mend what is wrong."""

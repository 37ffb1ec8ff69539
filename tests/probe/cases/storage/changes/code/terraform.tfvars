log_days       = 30
tag_mutability = "MUTABLE"

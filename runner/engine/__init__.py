"""The Terraform and OpenTofu command line: argv builders, the environment, the process, JSON out."""

"""GitOps for Terraform and OpenTofu without Kubernetes."""

__version__ = "0.1.0"

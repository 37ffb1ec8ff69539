"""Layouts of repositories as they are found in public, in few words each."""

from trees import BY_WORKSPACE, MODULE, PROVIDER, Tree, backend, calls, reads_state

VERSIONS = 'terraform {\n  required_version = ">= 1.5"\n}\n'

# A directory for each environment, and shared modules.
ENVIRONMENTS: Tree = {
    "modules/network/main.tf": MODULE,
    "modules/database/main.tf": MODULE + PROVIDER,
    "environments/dev/main.tf": backend("dev")
    + calls("../../modules/network")
    + calls("../../modules/database", "db"),
    "environments/dev/terraform.tfvars": 'size = "small"\n',
    "environments/prod/main.tf": backend("prod") + calls("../../modules/network"),
    "environments/prod/.terraform-version": "1.9.5\n",
    "environments/prod/terraform.tfvars": 'size = "large"\n',
    "examples/simple/main.tf": PROVIDER + calls("../../modules/network"),
    "tests/fixtures/main.tf": PROVIDER,
    "bootstrap/main.tf": PROVIDER + 'resource "terraform_data" "bucket" {}\n',
}

# live/<account>/<region>/<component>, where one component reads the state of another.
LIVE: Tree = {
    "live/prod/eu-west-1/vpc/main.tf": backend("prod/eu-west-1/vpc"),
    "live/prod/eu-west-1/eks/main.tf": backend("prod/eu-west-1/eks") + reads_state("prod/eu-west-1/vpc"),
    "live/prod/_global/iam/main.tf": backend("prod/global/iam"),
    "live/stage/eu-west-1/vpc/main.tf": backend("stage/eu-west-1/vpc"),
    "live/stage/eu-west-1/eks/main.tofu": backend("stage/eu-west-1/eks") + reads_state("stage/eu-west-1/vpc"),
    "live/legacy/app/main.tf": backend("legacy"),
    "live/legacy/app/terragrunt.hcl": "include {}\n",
    "modules/eks/main.tf": MODULE,
}

# One root module with a workspace and a var file for each environment.
WORKSPACES: Tree = {
    "main.tf": backend("app") + BY_WORKSPACE + VERSIONS,
    "variables.tf": 'variable "size" {}\n',
    "common.tfvars": 'team = "a"\n',
    "env/dev.tfvars": 'size = "small"\n',
    "env/prod.tfvars": 'size = "large"\n',
    "env/example.tfvars": 'size = ""\n',
    "terraform.tfvars": 'region = "eu-west-1"\n',
}

# One root module whose backend is completed by a file for each environment.
PARTIAL: Tree = {
    "app/main.tf": 'terraform {\n  backend "s3" {}\n}\nvariable "size" {}\n',
    "app/envs/dev.tfvars": 'size = "small"\n',
    "app/envs/prod.tfvars": 'size = "large"\n',
    "app/backend/dev.hcl": 'bucket = "dev-states"\nkey = "app"\n',
    "app/backend/prod.hcl": 'bucket = "prod-states"\nkey = "app"\n',
}

# Services, each with its own infrastructure beside its code.
SERVICES: Tree = {
    "services/api/src/main.py": "",
    "services/api/terraform/main.tf": backend("api") + reads_state("shop-db", "db"),
    "services/shop/infra/main.tf": backend("shop"),
    "services/shop/infra/db/main.tf": backend("shop-db"),
    "services/shop/infra/.tool-versions": "opentofu 1.8.2\nnodejs 20.0.0\n",
    "libs/tf/queue/main.tf": MODULE,
    "tools/unreadable/main.tf": 'terraform {\n  backend "s3" {\n',
    "tools/elsewhere/main.tf": 'terraform {\n  cloud {\n    organization = "acme"\n  }\n}\n',
}

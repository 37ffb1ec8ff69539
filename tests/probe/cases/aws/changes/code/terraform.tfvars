people            = { ana = ["writers"], cleo = ["readers"] }
database_password = "correct horse"
deploy_session    = 7200
queues            = { jobs = 45, mail = 60, late = 90 }
lambda_timeout    = 9
alarms            = 1
zones             = { b = 2, c = 4 }
open_ports        = [80]
log_days          = 30
tag_mutability    = "MUTABLE"

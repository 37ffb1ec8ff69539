people            = { ana = ["writers"], cleo = ["readers"] }
database_password = "correct horse"
deploy_session    = 7200

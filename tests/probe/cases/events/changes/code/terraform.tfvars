queues         = { jobs = 45, mail = 60, late = 90 }
lambda_timeout = 9
alarms         = 1

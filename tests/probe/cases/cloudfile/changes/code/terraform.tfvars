secret = "correct horse"
sizes  = { small = 0.2, medium = 5 }

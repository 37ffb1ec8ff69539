lines = ["welcome to dev"]

zones      = { b = 2, c = 4 }
open_ports = [80]

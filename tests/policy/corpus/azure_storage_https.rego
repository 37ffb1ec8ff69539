package main

deny[reason] {
	change = input.resource_changes[_]
	change.type = "azurerm_storage_account"
	change.change.after.https_traffic_only_enabled = false
	reason = sprintf("%s accepts plain HTTP", [change.address])
}

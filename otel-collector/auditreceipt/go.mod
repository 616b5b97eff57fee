module telltale.dev/otelcol/auditreceipt

go 1.25.0

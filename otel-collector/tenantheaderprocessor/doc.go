// Package tenantheaderprocessor splits a batch of logs by tenant and says in the client metadata
// whose each part is.
//
// Loki takes the tenant from one header for the whole request, and headers_setter can fill that
// header from client metadata but not from a resource attribute. Behind groupbyattrs and before an
// exporter whose queue is partitioned by the same metadata key, this processor closes the gap: no
// request then holds records of two tenants.
package tenantheaderprocessor

package tenantheaderprocessor

import "strings"

const longestTenantID = 150

// isTenantID says whether Loki takes the text as a tenant id: at most 150 letters, digits and
// !-_.*'() and neither "." nor "..", which would leave the tenant's folder.
func isTenantID(text string) bool {
	if text == "" || len(text) > longestTenantID || text == "." || text == ".." {
		return false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && !strings.ContainsRune("!-_.*'()", rune(c)) {
			return false
		}
	}
	return true
}

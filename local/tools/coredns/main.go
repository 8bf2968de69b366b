// Coredns is CoreDNS with only the plugins that local/cluster/config/Corefile uses.
//
// CoreDNS's own main package includes the SDKs of every cloud provider.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/template"
)

// The plugins in the order in which they see a query, which is the order of CoreDNS's plugin.cfg.
var plugins = []string{"bind", "ready", "errors", "template", "hosts", "kubernetes"}

func main() {
	dnsserver.Directives = plugins
	coremain.Run()
}

module tools/policy-enforcer/program

go 1.26.0

require (
	github.com/florianl/go-nfqueue/v2 v2.1.0
	github.com/mdlayher/netlink v1.11.2
	k8s.io/api v0.36.3
	k8s.io/client-go v0.36.3
	sigs.k8s.io/kube-network-policies v1.1.1
)

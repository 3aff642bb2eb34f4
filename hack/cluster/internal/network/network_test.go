// SPDX-License-Identifier: Apache-2.0

package network

import (
	"strings"
	"testing"
)

func TestDefaultInterface(t *testing.T) {
	const header = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
	const local = "eth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	const all = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
	if got := defaultInterface(header + local + all); got != "eth0" {
		t.Errorf("got %q", got)
	}
	if got := defaultInterface(header + local); got != "" {
		t.Errorf("got %q without a default route", got)
	}
}

func TestCleaning(t *testing.T) {
	const saved = `# Generated
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -j ACCEPT
COMMIT
# Generated
*nat
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-A - [0:0]
:CNI-0123456789abcdef01234567 - [0:0]
:CNI-ffffffffffffffffffffffff - [0:0]
-A POSTROUTING -m comment --comment "kubernetes" -j KUBE-SERVICES
-A POSTROUTING -s 10.244.0.2/32 -m comment --comment "name: \"mine\" id: \"x\"" -j CNI-0123456789abcdef01234567
-A POSTROUTING -s 10.88.0.2/32 -m comment --comment "name: \"podman\" id: \"x\"" -j CNI-ffffffffffffffffffffffff
-A POSTROUTING -o eth0 -j MASQUERADE
-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-A
COMMIT
`
	const want = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-SVC-A - [0:0]
:CNI-0123456789abcdef01234567 - [0:0]
-D POSTROUTING -m comment --comment "kubernetes" -j KUBE-SERVICES
-D POSTROUTING -s 10.244.0.2/32 -m comment --comment "name: \"mine\" id: \"x\"" -j CNI-0123456789abcdef01234567
-X KUBE-SERVICES
-X KUBE-SVC-A
-X CNI-0123456789abcdef01234567
COMMIT
`
	if got := cleaning(saved, "mine"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := cleaning("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", "mine"); got != "" {
		t.Errorf("nothing is ours, got:\n%s", got)
	}
}

func TestGuardIsCleanedLikeTheRest(t *testing.T) {
	saved := strings.Replace(guarding("10.96.0.0/16"), ":"+guardChain, ":OUTPUT ACCEPT [0:0]\n:"+guardChain, 1)
	script := cleaning(saved, "mine")
	for _, want := range []string{
		"-D OUTPUT -j " + guardChain + "\n", "-D FORWARD -j " + guardChain + "\n", "-X " + guardChain + "\n",
	} {
		if !strings.Contains(script, want) {
			t.Errorf("%q is not in\n%s", want, script)
		}
	}
}

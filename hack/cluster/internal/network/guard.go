// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// guardChain has the prefix by which CleanRules knows what is the cluster's.
const guardChain = "KUBE-WORKSTREAM-GUARD"

// Guard refuses what still has an address of a service when it leaves. kube-proxy has then no rule for it: the service is
// gone, or its rules change at this moment. Without the guard such a packet takes the default route out of this machine,
// to whoever answers there; a client that keeps such a connection goes on talking to a stranger.
func Guard(ctx context.Context, services string) error {
	cmd := exec.CommandContext(ctx, "iptables-restore", "--noflush")
	cmd.Stdin = strings.NewReader(guarding(services))
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("guarding the services' addresses: %w: %s", err, output)
	}
	return nil
}

// guarding is the input of iptables-restore. Both chains are passed after the translation to a pod's address.
func guarding(services string) string {
	return "*filter\n:" + guardChain + " - [0:0]\n" +
		"-A " + guardChain + " -d " + services + " -j REJECT\n" +
		"-A OUTPUT -j " + guardChain + "\n" +
		"-A FORWARD -j " + guardChain + "\n" +
		"COMMIT\n"
}

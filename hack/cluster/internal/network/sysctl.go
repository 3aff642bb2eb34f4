// SPDX-License-Identifier: Apache-2.0

package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// settings are the kernel settings that we, the kubelet, kube-proxy or a CNI plugin change.
var settings = []string{
	"net/ipv4/ip_forward",
	"net/ipv4/conf/all/route_localnet",
	"vm/overcommit_memory",
	"vm/panic_on_oom",
	"kernel/panic",
	"kernel/panic_on_oops",
	"kernel/keys/root_maxkeys",
	"kernel/keys/root_maxbytes",
}

// SaveSettings remembers the kernel settings in a file, so that RestoreSettings can put them back.
func SaveSettings(file string) error {
	values := map[string]string{}
	for _, s := range settings {
		if v, err := os.ReadFile(filepath.Join("/proc/sys", s)); err == nil {
			values[s] = strings.TrimSpace(string(v))
		}
	}
	data, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return fmt.Errorf("saving kernel settings: %w", err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return fmt.Errorf("saving kernel settings: %w", err)
	}
	return nil
}

// RestoreSettings puts back the settings that differ from the saved ones; no file means nothing to do.
func RestoreSettings(file string) error {
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	values := map[string]string{}
	if err == nil {
		err = json.Unmarshal(data, &values)
	}
	if err != nil {
		return fmt.Errorf("restoring kernel settings: %w", err)
	}
	var failed error
	for s, v := range values {
		path := filepath.Join("/proc/sys", s)
		if now, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(now)) != v {
			failed = errors.Join(failed, os.WriteFile(path, []byte(v), 0o644))
		}
	}
	return failed
}

// Forward lets the kernel pass packets between pods and to the outside.
func Forward() error {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return fmt.Errorf("switching on packet forwarding: %w", err)
	}
	return nil
}

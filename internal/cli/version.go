// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/version"
)

// versionAnswer is what version prints.
type versionAnswer struct {
	Version    string `json:"version"`
	APIVersion string `json:"apiVersion"`
	Go         string `json:"go"`
	Platform   string `json:"platform"`
}

func newVersion(a *app) *cobra.Command {
	out := output{format: formatText, formats: []string{formatText, formatJSON, formatYAML}}
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of the plugin and of the API that it knows",
		Args:  cobra.NoArgs,
		RunE: func(_ *cobra.Command, _ []string) error {
			v := versionAnswer{
				Version: version.String(), APIVersion: v1alpha1.GroupVersion.String(), Go: runtime.Version(),
				Platform: runtime.GOOS + "/" + runtime.GOARCH,
			}
			return a.print(&out, v, func(p *page) {
				_, _ = fmt.Fprintf(p, "%s, %s, %s %s\n", v.Version, v.APIVersion, v.Go, v.Platform)
			})
		},
	}
	out.bind(cmd)
	return cmd
}

// kubelet-oracle says what kubelet makes of a pull secret or of an image
// credential provider: kubelet's own code for both, linked from its module.
//
//	kubelet-oracle secret IMAGE…              a Secret as JSON on stdin
//	kubelet-oracle plugin CONFIG BIN_DIR IMAGE…
//
// For each image it prints one line of JSON: whether there are credentials, and
// which, in the order in which kubelet tries them. They are secrets: it is for
// tests alone.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
)

func main() {
	arguments := os.Args[1:]
	var keyring credentialprovider.DockerKeyring
	var images []string
	var err error
	switch {
	case len(arguments) > 1 && arguments[0] == "secret":
		images = arguments[1:]
		keyring, err = ofSecret()
	case len(arguments) > 3 && arguments[0] == "plugin":
		images = arguments[3:]
		keyring, err = ofPlugin(arguments[1], arguments[2])
	default:
		err = fmt.Errorf("usage: kubelet-oracle secret IMAGE… | plugin CONFIG BIN_DIR IMAGE…")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubelet refuses:", err)
		os.Exit(1)
	}
	for _, image := range images {
		show(keyring, image)
	}
}

func ofSecret() (credentialprovider.DockerKeyring, error) {
	var secret v1.Secret
	if err := json.NewDecoder(os.Stdin).Decode(&secret); err != nil {
		return nil, err
	}
	return secrets.MakeDockerKeyring([]v1.Secret{secret}, &credentialprovider.BasicDockerKeyring{})
}

// ofPlugin has no tokens of service accounts: there is no API server here.
func ofPlugin(config, folder string) (credentialprovider.DockerKeyring, error) {
	if err := plugin.RegisterCredentialProviderPlugins(config, folder, nil, nil); err != nil {
		return nil, err
	}
	return plugin.NewExternalCredentialProviderDockerKeyring("default", "pod", "uid", "default"), nil
}

type credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

func show(keyring credentialprovider.DockerKeyring, image string) {
	found, ok := keyring.Lookup(image)
	all := []credentials{}
	for _, one := range found {
		all = append(all, credentials{one.Username, one.Password})
	}
	line, err := json.Marshal(map[string]any{"image": image, "found": ok, "creds": all})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(line))
}

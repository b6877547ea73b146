// An ESXi host for tests: VMware's own simulator (govmomi), with the parts of HostNetworkSystem that it leaves out, and
// the ways in which hosts fail. Speaks HTTPS on 127.0.0.1; on standard output come its port and its certificate's
// SHA-256. Commands come on standard input, one a line, and are each answered with one line:
//
//	network                  the vSwitches and port groups, as JSON
//	calls                    the methods called so far, with spaces between
//	expire                   all sessions end
//	fault METHOD TYPE        the next call of METHOD ends with this fault
//	answer MODE              from now on: api, html (HTTP 503 and a page), hang, cut (half an answer), flood (no end)
//	vlan NAME ID             somebody changes a port group by hand
//	busy NAME                a virtual machine uses a port group
//	free NAME
//	remove NAME              somebody removes a port group, however busy
//
// It ends with its standard input.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

func certificate(expired bool, file string) (tls.Certificate, [32]byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	end := time.Now().Add(24 * time.Hour)
	if expired {
		end = time.Now().Add(-time.Hour)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "esxi"},
		NotBefore: end.Add(-48 * time.Hour), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	if file != "" {
		must(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, sha256.Sum256(der)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	user := flag.String("user", "root", "who may log in")
	password := flag.String("password", "", "its password")
	port := flag.Int("port", 0, "0 for any")
	expired := flag.Bool("expired", false, "the certificate is out of date")
	pemFile := flag.String("certificate", "", "where to write the certificate")
	vcenter := flag.Bool("vcenter", false, "be a vCenter, which is no host")
	flag.Parse()
	log.SetOutput(os.Stderr)

	model := simulator.ESX()
	if *vcenter {
		model = simulator.VPX()
	}
	must(model.Create())
	network := replaceNetworkSystem()
	service := model.Service
	service.Listen = &url.URL{User: url.UserPassword(*user, *password)}
	service.RegisterSDK(simulator.Map)

	behaviour := newBehaviour(service)
	pair, fingerprint := certificate(*expired, *pemFile)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	must(err)
	server := &http.Server{Handler: behaviour, ErrorLog: log.New(os.Stderr, "", 0)}
	go server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}}))
	fmt.Printf("%d %X\n", listener.Addr().(*net.TCPAddr).Port, fingerprint)

	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		words := strings.Fields(input.Text())
		if len(words) > 0 {
			fmt.Println(command(words, network, behaviour))
		}
	}
}

func command(words []string, network *hostNetwork, behaviour *behaviour) string {
	argument := strings.Join(words[1:], " ")
	switch words[0] {
	case "network":
		network.mutex.Lock()
		defer network.mutex.Unlock()
		text, err := json.Marshal(network.summary())
		must(err)
		return string(text)
	case "calls":
		behaviour.mutex.Lock()
		defer behaviour.mutex.Unlock()
		return strings.Join(behaviour.calls, " ")
	case "expire":
		behaviour.expire()
	case "fault":
		behaviour.set(func() { behaviour.faults[words[1]] = words[2] })
	case "answer":
		behaviour.set(func() { behaviour.mode = words[1] })
	case "busy", "free":
		network.set(func() { network.busy[argument] = words[0] == "busy" })
	case "vlan":
		network.set(func() {
			for i := range network.NetworkInfo.Portgroup {
				spec := &network.NetworkInfo.Portgroup[i].Spec
				if spec.Name == words[1] {
					fmt.Sscan(words[2], &spec.VlanId)
				}
			}
		})
	case "remove":
		network.set(func() { network.busy[argument] = false })
		network.RemovePortGroup(&types.RemovePortGroup{PgName: argument})
	default:
		return "unknown"
	}
	return "ok"
}

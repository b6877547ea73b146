package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
)

// How the host answers: as the simulator does, or as hosts in trouble do.
type behaviour struct {
	service *simulator.Service
	mutex   sync.Mutex
	mode    string
	faults  map[string]string
	calls   []string
	// Sessions that were given out, and those of them that have ended.
	ended map[string]bool
	given map[string]bool
}

func newBehaviour(service *simulator.Service) *behaviour {
	return &behaviour{
		service: service, mode: "api", faults: map[string]string{}, ended: map[string]bool{}, given: map[string]bool{},
	}
}

func (b *behaviour) set(change func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	change()
}

func (b *behaviour) expire() {
	b.set(func() {
		for session := range b.given {
			b.ended[session] = true
		}
	})
}

var method = regexp.MustCompile(`Body><([A-Za-z_]+)`)

func (b *behaviour) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	name := ""
	if found := method.FindSubmatch(body); found != nil {
		name = string(found[1])
	}
	b.mutex.Lock()
	b.calls = append(b.calls, name)
	mode, fault := b.mode, b.faults[name]
	delete(b.faults, name)
	if cookie, err := r.Cookie(soap.SessionCookieName); err == nil {
		b.given[cookie.Value] = true
		if b.ended[cookie.Value] {
			r.Header.Del("Cookie")
		}
	}
	b.mutex.Unlock()
	switch mode {
	case "html":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, "<!DOCTYPE html><html><body>503 Service Unavailable (Failed to connect to endpoint)<br></html>")
		return
	case "hang":
		select {
		case <-r.Context().Done():
		case <-time.After(time.Minute):
		}
		return
	case "flood":
		w.Header().Set("Content-Type", "text/xml")
		for i := 0; i < 100_000; i++ {
			if _, err := w.Write(bytes.Repeat([]byte("<a>"), 1000)); err != nil {
				return
			}
		}
		return
	}
	if fault != "" {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" `+
			`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode>`+
			`<faultstring>injected %s</faultstring><detail><%sFault xmlns="urn:vim25" xsi:type="%s"/></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`,
			fault, fault, fault)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if mode != "cut" {
		b.service.ServeMux.ServeHTTP(w, r)
		return
	}
	// The call is carried out, and half of its answer arrives.
	recorder := &recorder{header: http.Header{}}
	b.service.ServeMux.ServeHTTP(recorder, r)
	text := recorder.body.String()
	w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	io.Copy(w, strings.NewReader(text[:len(text)/2]))
	panic(http.ErrAbortHandler)
}

type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header            { return r.header }
func (r *recorder) Write(text []byte) (int, error) { return r.body.Write(text) }
func (r *recorder) WriteHeader(int)                {}

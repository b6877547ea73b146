package main

import (
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// The network of a host: four physical interfaces, vmnic0 on vSwitch0. Adds to the simulator's what a real host does as
// well: uplinks, MTU, changes, and the refusal to remove what is in use.
type hostNetwork struct {
	mo.HostNetworkSystem
	mutex sync.Mutex
	busy  map[string]bool
}

func replaceNetworkSystem() *hostNetwork {
	var network *hostNetwork
	for _, host := range simulator.Map.All("HostSystem") {
		reference := *host.(*simulator.HostSystem).ConfigManager.NetworkSystem
		original := simulator.Map.Get(reference).(*simulator.HostNetworkSystem)
		network = &hostNetwork{HostNetworkSystem: original.HostNetworkSystem, busy: map[string]bool{}}
		info := network.NetworkInfo
		info.Pnic = nil
		for _, name := range []string{"vmnic0", "vmnic1", "vmnic2", "vmnic3"} {
			info.Pnic = append(info.Pnic, types.PhysicalNic{Key: key(name), Device: name})
		}
		info.Vswitch[0].Pnic = []string{key("vmnic0")}
		info.Vswitch[0].Mtu = 1500
		// The simulator shares it among hosts.
		info.Portgroup = append([]types.HostPortGroup{}, info.Portgroup...)
		simulator.Map.Put(network)
	}
	return network
}

func key(device string) string { return "key-vim.host.PhysicalNic-" + device }

func (n *hostNetwork) set(change func()) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	change()
}

type summary struct {
	Switches   map[string][]string
	MTU        map[string]int32
	PortGroups map[string]string
	VLANs      map[string]int32
}

func (n *hostNetwork) summary() summary {
	s := summary{map[string][]string{}, map[string]int32{}, map[string]string{}, map[string]int32{}}
	for _, vswitch := range n.NetworkInfo.Vswitch {
		s.Switches[vswitch.Name] = []string{}
		for _, pnic := range vswitch.Pnic {
			s.Switches[vswitch.Name] = append(s.Switches[vswitch.Name], pnic[len(key("")):])
		}
		s.MTU[vswitch.Name] = vswitch.Mtu
	}
	for _, group := range n.NetworkInfo.Portgroup {
		s.PortGroups[group.Spec.Name] = group.Spec.VswitchName
		s.VLANs[group.Spec.Name] = group.Spec.VlanId
	}
	return s
}

func (n *hostNetwork) vswitch(name string) int {
	for i := range n.NetworkInfo.Vswitch {
		if n.NetworkInfo.Vswitch[i].Name == name {
			return i
		}
	}
	return -1
}

func (n *hostNetwork) group(name string) int {
	for i := range n.NetworkInfo.Portgroup {
		if n.NetworkInfo.Portgroup[i].Spec.Name == name {
			return i
		}
	}
	return -1
}

// Sets what a specification says of a vSwitch; an interface is on one vSwitch only.
func (n *hostNetwork) apply(vswitch *types.HostVirtualSwitch, spec *types.HostVirtualSwitchSpec) types.BaseMethodFault {
	vswitch.Mtu = 1500
	vswitch.Pnic = nil
	if spec == nil {
		return nil
	}
	vswitch.Spec = *spec
	if spec.Mtu > 0 {
		vswitch.Mtu = spec.Mtu
	}
	bridge, ok := spec.Bridge.(*types.HostVirtualSwitchBondBridge)
	if !ok {
		return nil
	}
	for _, device := range bridge.NicDevice {
		for _, other := range n.NetworkInfo.Vswitch {
			for _, pnic := range other.Pnic {
				if pnic == key(device) && other.Name != vswitch.Name {
					return &types.ResourceInUse{Type: "PhysicalNic", Name: device}
				}
			}
		}
		vswitch.Pnic = append(vswitch.Pnic, key(device))
	}
	return nil
}

func (n *hostNetwork) AddVirtualSwitch(c *types.AddVirtualSwitch) soap.HasFault {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	r := &methods.AddVirtualSwitchBody{}
	if n.vswitch(c.VswitchName) >= 0 {
		r.Fault_ = simulator.Fault("The specified key, name, or identifier already exists.", &types.AlreadyExists{Name: c.VswitchName})
		return r
	}
	vswitch := types.HostVirtualSwitch{Name: c.VswitchName, Key: "key-vim.host.VirtualSwitch-" + c.VswitchName}
	if fault := n.apply(&vswitch, c.Spec); fault != nil {
		r.Fault_ = simulator.Fault("The resource is in use.", fault)
		return r
	}
	n.NetworkInfo.Vswitch = append(n.NetworkInfo.Vswitch, vswitch)
	r.Res = &types.AddVirtualSwitchResponse{}
	return r
}

func (n *hostNetwork) UpdateVirtualSwitch(c *types.UpdateVirtualSwitch) soap.HasFault {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	r := &methods.UpdateVirtualSwitchBody{}
	i := n.vswitch(c.VswitchName)
	if i < 0 {
		r.Fault_ = simulator.Fault("The object or item referred to could not be found.", &types.NotFound{})
		return r
	}
	if fault := n.apply(&n.NetworkInfo.Vswitch[i], &c.Spec); fault != nil {
		r.Fault_ = simulator.Fault("The resource is in use.", fault)
		return r
	}
	r.Res = &types.UpdateVirtualSwitchResponse{}
	return r
}

func (n *hostNetwork) RemoveVirtualSwitch(c *types.RemoveVirtualSwitch) soap.HasFault {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	r := &methods.RemoveVirtualSwitchBody{}
	i := n.vswitch(c.VswitchName)
	if i < 0 {
		r.Fault_ = simulator.Fault("The object or item referred to could not be found.", &types.NotFound{})
		return r
	}
	n.NetworkInfo.Vswitch = append(n.NetworkInfo.Vswitch[:i], n.NetworkInfo.Vswitch[i+1:]...)
	r.Res = &types.RemoveVirtualSwitchResponse{}
	return r
}

func (n *hostNetwork) AddPortGroup(c *types.AddPortGroup) soap.HasFault {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	r := &methods.AddPortGroupBody{}
	i := n.vswitch(c.Portgrp.VswitchName)
	switch {
	case i < 0:
		r.Fault_ = simulator.Fault("The object or item referred to could not be found.", &types.NotFound{})
	case n.group(c.Portgrp.Name) >= 0:
		r.Fault_ = simulator.Fault("The specified key, name, or identifier already exists.", &types.AlreadyExists{Name: c.Portgrp.Name})
	case len(c.Portgrp.Name) > 80 || c.Portgrp.VlanId < 0 || c.Portgrp.VlanId > 4095:
		r.Fault_ = simulator.Fault("A specified parameter was not correct.", &types.InvalidArgument{InvalidProperty: "portgrp"})
	default:
		n.NetworkInfo.Vswitch[i].Portgroup = append(n.NetworkInfo.Vswitch[i].Portgroup, "key-vim.host.PortGroup-"+c.Portgrp.Name)
		n.NetworkInfo.Portgroup = append(n.NetworkInfo.Portgroup, types.HostPortGroup{
			Key: "key-vim.host.PortGroup-" + c.Portgrp.Name, Vswitch: n.NetworkInfo.Vswitch[i].Key, Spec: c.Portgrp,
		})
		r.Res = &types.AddPortGroupResponse{}
	}
	return r
}

func (n *hostNetwork) UpdatePortGroup(c *types.UpdatePortGroup) soap.HasFault {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	r := &methods.UpdatePortGroupBody{}
	i := n.group(c.PgName)
	if i < 0 {
		r.Fault_ = simulator.Fault("The object or item referred to could not be found.", &types.NotFound{})
		return r
	}
	n.NetworkInfo.Portgroup[i].Spec = c.Portgrp
	r.Res = &types.UpdatePortGroupResponse{}
	return r
}

func (n *hostNetwork) RemovePortGroup(c *types.RemovePortGroup) soap.HasFault {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	r := &methods.RemovePortGroupBody{}
	i := n.group(c.PgName)
	switch {
	case i < 0:
		r.Fault_ = simulator.Fault("The object or item referred to could not be found.", &types.NotFound{})
	case n.busy[c.PgName]:
		r.Fault_ = simulator.Fault("The resource '"+c.PgName+"' is in use.", &types.ResourceInUse{Name: c.PgName})
	default:
		n.NetworkInfo.Portgroup = append(n.NetworkInfo.Portgroup[:i], n.NetworkInfo.Portgroup[i+1:]...)
		r.Res = &types.RemovePortGroupResponse{}
	}
	return r
}

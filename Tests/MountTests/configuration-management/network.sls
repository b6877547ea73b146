{% set net = salt['pillar.get']('net', '/net') %}
{% set vlan = salt['pillar.get']('vlan', 10) %}
{% set l2 = net ~ '/zones/z1/l2/vlan10' %}

{% for path in ['zones/z1', 'zones/z1/clusters/c1', 'zones/z1/l2/vlan10', 'l3/net1'] %}
{{ net }}/{{ path }}:
  file.directory
{% endfor %}

{% for path, value in {
  'zones/z1/clusters/c1/hypervisor': 'Simulator',
  'zones/z1/l2/vlan10/physical-interface': 'eth0',
  'zones/z1/l2/vlan10/vlan': vlan,
  'zones/z1/l2/vlan10/mtu': 1600,
  'zones/z1/l2/vlan10/description': 'VLAN of the office',
}.items() %}
{{ net }}/{{ path }}:
  file.managed:
    - contents: "{{ value }}"
    - check_cmd: netmodelfs check {{ net }}/{{ path }}
{% endfor %}

{{ l2 }}/clusters/c1:
  file.symlink:
    - target: ../../../clusters/c1
    - require:
      - file: {{ l2 }}/vlan

{{ net }}/l3/net1/l2:
  file.symlink:
    - target: ../../zones/z1/l2/vlan10

{{ net }}/l3/net1/ranges/office:
  file.managed:
    - contents: 192.168.0.10-192.168.0.50/24 gateway=192.168.0.1
    - check_cmd: netmodelfs check {{ net }}/l3/net1/ranges/office

{% set net = salt['pillar.get']('net', '/net') %}

{% for path in [
  'l3/net1/ranges/office', 'l3/net1/l2', 'zones/z1/l2/vlan10/clusters/c1',
  'zones/z1/clusters/c1/hypervisor', 'zones/z1/l2/vlan10/mtu', 'zones/z1/l2/vlan10',
] %}
{{ net }}/{{ path }}:
  file.absent
{% endfor %}

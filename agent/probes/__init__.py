"""How a node looks at itself: one small file for each subject, and nothing here that decides.

port        GpuProbe, the one port with several bodies
nvml        NVIDIA GPUs through the driver's library
xid         errors the NVIDIA driver reports
fake        `--fake-gpus N`: GPUs that behave, for trying things without hardware
process     who runs a process, and what it is called
cpu, memory, disk, network      what the kernel counts
host        name, boot id, addresses
rate        counters into rates

This is the only room that imports psutil and pynvml.
"""

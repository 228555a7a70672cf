package dev.woodpecker.runtime.device.cuda.driver;

import jcuda.Pointer;

/** A native address of the host, as JCuda takes it. */
final class HostAddress extends Pointer {
    HostAddress(long address) {
        super(address);
    }
}

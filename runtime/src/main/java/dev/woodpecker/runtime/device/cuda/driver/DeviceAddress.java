package dev.woodpecker.runtime.device.cuda.driver;

import jcuda.driver.CUdeviceptr;

/** A device's address, as JCuda gives and takes it. */
final class DeviceAddress extends CUdeviceptr {
    /** To be filled in by a call. */
    DeviceAddress() {}

    private DeviceAddress(long address) {
        super(new CUdeviceptr(), address);
    }

    static DeviceAddress of(DevicePointer pointer) {
        return new DeviceAddress(pointer.address());
    }

    long value() {
        return getNativePointer() + getByteOffset();
    }
}

package dev.woodpecker.runtime.device.cuda.driver;

/** An address in a device's memory. */
public record DevicePointer(long address) {
    /** The address {@code bytes} on. */
    public DevicePointer plus(long bytes) {
        return new DevicePointer(Math.addExact(address, bytes));
    }

    @Override
    public String toString() {
        return "device:0x" + Long.toHexString(address);
    }
}

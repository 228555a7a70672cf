package dev.woodpecker.runtime.vendor.cuda;

/** A function of a vendor's library gave another status than success. */
public final class VendorCallException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    private final int status;

    VendorCallException(String function, int status, String name) {
        super(function + " gives " + name + " (" + status + ")");
        this.status = status;
    }

    /** The number of the status, of the library that was called. */
    public int status() {
        return status;
    }
}

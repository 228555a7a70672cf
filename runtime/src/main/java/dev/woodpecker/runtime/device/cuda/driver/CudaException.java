package dev.woodpecker.runtime.device.cuda.driver;

import dev.woodpecker.runtime.MachineException;
import java.util.Optional;

/** The CUDA driver refuses a call, or is not there. */
public final class CudaException extends MachineException {
    private static final long serialVersionUID = 1;

    private final int code;

    private CudaException(String message, int code) {
        super(message);
        this.code = code;
    }

    /**
     * A call that failed.
     *
     * @param call the driver's function and what it was about: {@code cuMemAlloc of 1.5 GB for the weights}
     * @param code its {@code CUresult}
     * @param errorName as the driver names the code
     */
    public static CudaException of(String call, int code, String errorName) {
        Optional<CudaError> known = CudaError.of(code);
        String sticky = known.filter(CudaError::isSticky).isPresent()
                ? "; this process can use the device no more, start another"
                : "";
        String remedy = known.map(CudaError::remedy)
                .filter(text -> !text.isEmpty())
                .map(text -> "; " + text)
                .orElse("");
        return new CudaException(call + " failed: " + errorName + " (" + code + ")" + sticky + remedy, code);
    }

    /** A call that failed, with an error that has a name here. */
    public static CudaException of(String call, CudaError error) {
        return of(call, error.code(), error.cudaName());
    }

    /** What is missing so that there is no call at all, with what to do about it. */
    public static CudaException missing(String message) {
        return new CudaException(message, CudaError.NO_DEVICE.code());
    }

    /** The {@code CUresult}. */
    public int code() {
        return code;
    }

    /** Which error it is, if it is one that something can be said about. */
    public Optional<CudaError> error() {
        return CudaError.of(code);
    }

    /** Whether every later call of this process fails as well. */
    public boolean isSticky() {
        return error().filter(CudaError::isSticky).isPresent();
    }
}

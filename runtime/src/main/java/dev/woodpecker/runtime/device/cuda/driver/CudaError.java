package dev.woodpecker.runtime.device.cuda.driver;

import java.util.Arrays;
import java.util.Optional;

/** The {@code CUresult} values of cuda.h that something can be said about. */
public enum CudaError {
    INVALID_VALUE(1, false, ""),
    OUT_OF_MEMORY(2, false, "free GPU memory that other sessions or processes hold, or run smaller batches"),
    NOT_INITIALIZED(3, false, ""),
    NO_DEVICE(100, false, "check nvidia-smi, and CUDA_VISIBLE_DEVICES, which may hide every device"),
    INVALID_DEVICE(101, false, "choose a device that ./wpk doctor lists"),
    INVALID_IMAGE(200, false, "the code was made for another kind of device"),
    NO_BINARY_FOR_GPU(209, false, "the code was made for another kind of device: choose the target of this one"),
    ECC_UNCORRECTABLE(214, true, "the device's memory is defective: see nvidia-smi -q"),
    UNSUPPORTED_PTX_VERSION(222, false, "update NVIDIA's driver"),
    NOT_FOUND(500, false, ""),
    NOT_READY(600, false, ""),
    ILLEGAL_ADDRESS(700, true, ""),
    LAUNCH_OUT_OF_RESOURCES(701, false, "the kernel needs more registers or shared memory than a block may have"),
    LAUNCH_TIMEOUT(702, true, "the device draws a screen too, and a kernel ran too long for it"),
    ASSERT(710, true, ""),
    HARDWARE_STACK_ERROR(714, true, ""),
    ILLEGAL_INSTRUCTION(715, true, ""),
    MISALIGNED_ADDRESS(716, true, ""),
    INVALID_ADDRESS_SPACE(717, true, ""),
    INVALID_PC(718, true, ""),
    LAUNCH_FAILED(719, true, ""),
    SYSTEM_NOT_READY(802, false, "start nvidia-fabricmanager, which machines with NVSwitch need"),
    SYSTEM_DRIVER_MISMATCH(803, false, "the driver's library and its kernel module differ: restart the machine"),
    COMPAT_NOT_SUPPORTED_ON_DEVICE(804, false, "take the CUDA compatibility package off LD_LIBRARY_PATH"),
    STREAM_CAPTURE_INVALIDATED(901, false, ""),
    UNKNOWN(999, true, "");

    private final int code;
    private final boolean sticky;
    private final String remedy;

    CudaError(int code, boolean sticky, String remedy) {
        this.code = code;
        this.sticky = sticky;
        this.remedy = remedy;
    }

    public int code() {
        return code;
    }

    /** Whether every later call of the process fails as well: a kernel has damaged the context. */
    public boolean isSticky() {
        return sticky;
    }

    /** What to do about it; empty where nothing general can be said. */
    public String remedy() {
        return remedy;
    }

    /** As CUDA writes it. */
    public String cudaName() {
        return "CUDA_ERROR_" + name();
    }

    /** What is known of the error of this number. */
    public static Optional<CudaError> of(int code) {
        return Arrays.stream(values()).filter(error -> error.code == code).findFirst();
    }
}

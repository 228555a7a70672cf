package dev.woodpecker.runtime.toolchain;

import dev.woodpecker.runtime.toolchain.CudaDriverProbe.Answer;
import dev.woodpecker.runtime.toolchain.CudaDriverProbe.Device;
import java.util.List;

/** Whether this process can run kernels on a GPU, and if not, what it lacks. */
public sealed interface CudaReadiness {
    /** The oldest driver that loads what the assembler makes, and has the calls of graphs that we use. */
    String OLDEST_DRIVER = "12.0";

    /** {@code driverVersion} as {@code 12.6}; there is at least one device. */
    record Ready(String driverVersion, List<Device> devices) implements CudaReadiness {
        public Ready {
            devices = List.copyOf(devices);
        }
    }

    /**
     * The first thing that is missing.
     *
     * @param remedy what to do about it
     */
    record Lacking(String what, String remedy) implements CudaReadiness {}

    /** Looks at the driver, its devices and JCuda. */
    static CudaReadiness ofProcess() {
        return of(CudaDriverProbe.ask(), JCudaLibrary.DRIVER.isPresent());
    }

    /** @param hasBinding whether JCuda is on the class path */
    static CudaReadiness of(Answer driver, boolean hasBinding) {
        return switch (driver) {
            case Answer.NoDriver _ ->
                new Lacking(
                        "no NVIDIA driver: libcuda.so.1 is not found",
                        "install NVIDIA's driver for CUDA " + OLDEST_DRIVER
                                + " or later; in a container, let it have the" + " GPU (docker run --gpus all)");
            case Answer.Failed(String call, int error) when error == 100 -> noDevice(call + " of NVIDIA's driver");
            case Answer.Failed(String call, int error) ->
                new Lacking(
                        "NVIDIA's driver does not start: " + call + " gives CUDA error " + error,
                        "see whether nvidia-smi works; after an update of the driver the machine has to be restarted");
            case Answer.Devices(String version, List<Device> _)
            when isOlder(version) ->
                new Lacking(
                        "NVIDIA's driver is for CUDA " + version + ", which is too old",
                        "update it to one for CUDA " + OLDEST_DRIVER + " or later");
            case Answer.Devices(String version, List<Device> devices)
            when devices.isEmpty() -> noDevice("NVIDIA's driver for CUDA " + version);
            case Answer.Devices _
            when !hasBinding -> new Lacking("JCuda is not on the class path", "add " + JCudaLibrary.COORDINATES);
            case Answer.Devices(String version, List<Device> devices) -> new Ready(version, devices);
        };
    }

    private static Lacking noDevice(String who) {
        return new Lacking(
                "no GPU: " + who + " sees no device",
                "see what nvidia-smi lists, and whether CUDA_VISIBLE_DEVICES hides it; in a container, let it have the"
                        + " GPU (docker run --gpus all)");
    }

    private static boolean isOlder(String version) {
        return number(version) < number(OLDEST_DRIVER);
    }

    private static int number(String version) {
        String[] parts = version.split("\\.");
        return Integer.parseInt(parts[0]) * 1000 + Integer.parseInt(parts[1]) * 10;
    }
}

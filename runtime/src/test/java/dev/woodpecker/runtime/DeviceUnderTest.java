package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.emulator.EmulatedDriver;
import dev.woodpecker.runtime.device.emulator.Emulator;
import dev.woodpecker.runtime.plan.cuda.CudaChoice;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * What tests of models on a GPU run on: the emulator, or with {@code -Pgpu} the machine's first GPU. A test for which there
 * is neither is skipped, and says so.
 *
 * @param emulated empty on a GPU
 */
public record DeviceUnderTest(CudaDevice device, Optional<EmulatedDriver> emulated) {
    /** Whether tests are to run on a GPU. */
    public static boolean isGpu() {
        return Boolean.getBoolean("woodpecker.gpu");
    }

    public static DeviceUnderTest open() {
        try {
            if (isGpu()) {
                return new DeviceUnderTest(
                        CudaDevice.open(CudaChoice.parse("cuda"), Environment.ofProcess()), Optional.empty());
            }
            EmulatedDriver driver =
                    new EmulatedDriver(Emulator.of(Environment.ofProcess()), EmulatedDriver.facts(64 << 20));
            return new DeviceUnderTest(
                    CudaDevice.ofText(driver, CacheDirectory.open(Environment.ofProcess())), Optional.of(driver));
        } catch (CudaException absent) {
            return skipped("SKIPPED: no CUDA device: " + absent.getMessage());
        } catch (ToolchainException absent) {
            return skipped("SKIPPED: " + absent.getMessage());
        }
    }

    /** Maven tells how many tests were skipped, and not why. */
    private static DeviceUnderTest skipped(String reason) {
        System.err.println(reason);
        return Assumptions.abort(reason);
    }

    /** Nothing is left on the device; of a GPU, which has other users, that is not asked. */
    public void assertNoLeaks() {
        emulated.ifPresent(driver -> assertThat(driver.leaks()).isEmpty());
    }
}

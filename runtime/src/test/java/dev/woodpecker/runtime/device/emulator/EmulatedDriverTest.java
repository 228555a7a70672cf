package dev.woodpecker.runtime.device.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.Extent3;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The emulated device refuses what a device would, with the same words. */
class EmulatedDriverTest {
    private static final String TEXT = """
        extern "C" __global__ void __launch_bounds__(32) put(float *x, long long *at, int *status) {
            x[at[0] + threadIdx.x] = 1.0f;
        }
        """;

    private final CudaDriver driver = driver();
    private final Stream stream = driver.createStream();

    private static CudaDriver driver() {
        try {
            return new EmulatedDriver(Emulator.of(Environment.ofProcess()), EmulatedDriver.facts(4096));
        } catch (ToolchainException absent) {
            Assumptions.abort("SKIPPED: " + absent.getMessage());
            throw absent;
        }
    }

    @AfterEach
    void close() {
        driver.close();
    }

    @Test
    void memoryBeyondWhatThereIsIsRefusedWithBothSizes() {
        DevicePointer first = driver.allocate(3072, "weights");
        assertThatThrownBy(() -> driver.allocate(2048, "values"))
                .isInstanceOf(CudaException.class)
                .hasMessage("cuMemAlloc of 2.0 KB for values, where 1.0 KB of 4.0 KB are free on device 0, emulated"
                        + " device, failed: CUDA_ERROR_OUT_OF_MEMORY (2); free GPU memory that other sessions or"
                        + " processes hold, or run smaller batches");
        driver.free(first);
        assertThat(driver.memory().freeBytes()).isEqualTo(4096);
    }

    @Test
    void aCopyThatLeavesItsBlockIsRefused() {
        DevicePointer block = driver.allocate(64, "values");
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> driver.copy(arena.allocate(32), block.plus(40), stream))
                    .isInstanceOf(CudaException.class)
                    .hasMessageContaining("cuMemcpyHtoDAsync of 32 bytes");
        }
    }

    /** As on a device: the launch is accepted, and what comes after it fails. */
    @Test
    void aKernelThatWritesBesideItsMemoryDamagesTheDevice() {
        Function put = driver.function(driver.load(TEXT.getBytes(StandardCharsets.UTF_8), "put"), "put");
        DevicePointer x = driver.allocate(256, "values");
        DevicePointer at = driver.allocate(8, "the place");
        KernelLaunch launch = new KernelLaunch(
                put, Extent3.of(1), Extent3.of(32), 0, List.of(x.address(), at.address(), x.address()));
        driver.fill(at, (byte) 0, 8, stream);
        driver.launch(launch, stream);
        driver.synchronize(stream);
        driver.fill(at, (byte) 1, 2, stream);
        driver.launch(launch, stream);
        assertThatThrownBy(() -> driver.synchronize(stream))
                .isInstanceOfSatisfying(
                        CudaException.class,
                        failure -> assertThat(failure.isSticky()).isTrue())
                .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS (700)")
                .hasMessageContaining("access out of bounds in put");
        assertThatThrownBy(() -> driver.allocate(8, "more")).isInstanceOf(CudaException.class);
    }
}

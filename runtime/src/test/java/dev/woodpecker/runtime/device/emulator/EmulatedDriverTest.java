package dev.woodpecker.runtime.device.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.Extent3;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.kernel.KernelCalls;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    /** The driver makes a map of an argument's address, which the kernel has as a parameter. */
    @Test
    void aKernelCopiesBoxesOfWhatItsMapsSay() {
        KernelSource source = SeededFault.onHopper("MatMul a=8x128 b=128x64", 1);
        LoweredKernel kernel = source.lowered();
        LoweredKernel.Phase phase = kernel.phases().getFirst();
        Map<String, HostTensor> inputs = KernelCalls.smallIntegers(source.program(), -3, 4, 5);
        CudaDriver roomy = new EmulatedDriver(Emulator.of(Environment.ofProcess()), EmulatedDriver.facts(1 << 20));
        Stream own = roomy.createStream();
        List<Long> arguments = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            for (LoweredKernel.Argument argument : kernel.arguments()) {
                Buffer buffer = argument.buffer();
                MemorySegment host = arena.allocate(TensorMemory.bytes(buffer), 64);
                HostTensor input = inputs.get(buffer.name());
                if (input != null) {
                    TensorMemory.write(input, buffer.layout(), host);
                }
                DevicePointer place = roomy.allocate(host.byteSize(), buffer.name());
                roomy.copy(host, place, own);
                arguments.add(place.address());
            }
            arguments.add(roomy.allocate(8, "the status").address());
            List<Integer> block = phase.launch().block();
            int sharedBytes = Math.toIntExact(phase.launch().dynamicSharedBytes());
            Function product = roomy.function(
                    roomy.load(source.text().getBytes(StandardCharsets.UTF_8), "product"), phase.symbol());
            roomy.allowSharedBytes(product, sharedBytes);
            roomy.launch(
                    new KernelLaunch(
                            product,
                            Extent3.of(1),
                            new Extent3(block.get(0), block.get(1), block.get(2)),
                            sharedBytes,
                            arguments,
                            MappedArgument.encoded(MappedArgument.of(kernel, phase), arguments, roomy)),
                    own);
            Buffer result = kernel.arguments().getLast().buffer();
            MemorySegment read = arena.allocate(TensorMemory.bytes(result), 64);
            roomy.copy(new DevicePointer(arguments.get(2)), read, own);
            roomy.synchronize(own);
            assertThat(TensorMemory.read(result, read))
                    .isEqualTo(Interpreter.run(source.program(), inputs).get(result.name()));
        } finally {
            roomy.close();
        }
    }

    @Test
    void aMapKeepsItsWordsAsText() {
        MappedArgument map = new MappedArgument(1, List.of(2L, 4096L, 512L), List.of(1, 128, 64));
        assertThat(map.text()).isEqualTo("1:2x4096x512:1x128x64");
        assertThat(MappedArgument.parse(map.text())).isEqualTo(map);
        assertThat(map.tensor(List.of(16L, 48L)).strides()).containsExactly(1024L, 4194304L);
        assertThatThrownBy(() -> MappedArgument.parse("1:2x3")).hasMessageContaining("argument:extents:box");
    }
}

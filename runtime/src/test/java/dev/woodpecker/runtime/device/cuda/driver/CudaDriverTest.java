package dev.woodpecker.runtime.device.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.DeviceUnderTest;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Module;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Node;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel;
import dev.woodpecker.runtime.plan.kernel.KernelKey;
import dev.woodpecker.runtime.plan.kernel.KernelLog;
import dev.woodpecker.runtime.plan.kernel.KernelStore;
import dev.woodpecker.runtime.plan.kernel.SourceDump;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What the layers above rely on, asked of a driver: the emulator's, or with {@code -Pgpu} that of the machine's GPU. */
class CudaDriverTest {
    private static final int COUNT = 64;
    private static final long BYTES = COUNT * (long) Float.BYTES;

    private final DeviceUnderTest under = DeviceUnderTest.open();
    private final CudaDriver driver = under.device().driver();

    /** {@code y = max(x, 0)} of so many elements. */
    private record Relu(Module module, CudaHandle.Function function, CompiledKernel.Phase phase) {
        KernelLaunch launch(DevicePointer x, DevicePointer y, DevicePointer status) {
            List<Long> blocks = phase.grid().blocks();
            List<Integer> threads = phase.grid().threads();
            return new KernelLaunch(
                    function,
                    new Extent3(
                            blocks.get(0).intValue(),
                            blocks.get(1).intValue(),
                            blocks.get(2).intValue()),
                    new Extent3(threads.get(0), threads.get(1), threads.get(2)),
                    0,
                    List.of(x.address(), y.address(), status.address()));
        }
    }

    private Relu relu() throws IOException {
        Environment environment = Environment.ofProcess();
        try (Arena arena = Arena.ofShared()) {
            KernelStore store = new KernelStore(
                    under.device().code(),
                    under.device().target(),
                    Numerics.FP32,
                    arena,
                    SourceDump.of(environment),
                    KernelLog.of(environment));
            KernelKey key = new KernelKey(
                    KernelCall.of(
                                    KernelIndex.of(CudaDriverTest.class.getClassLoader())
                                            .find("Relu"),
                                    List.of("x=" + COUNT))
                            .program(),
                    Map.of());
            CompiledKernel kernel =
                    Objects.requireNonNull(store.compile(List.of(key)).get(key));
            Module module = driver.load(Files.readAllBytes(kernel.library()), "relu");
            CompiledKernel.Phase phase = kernel.phases().getFirst();
            return new Relu(module, driver.function(module, phase.symbol()), phase);
        }
    }

    private void put(DevicePointer to, float value, Stream stream) {
        MemorySegment host = driver.allocatePinned(BYTES, "a test");
        for (int i = 0; i < COUNT; i++) {
            host.setAtIndex(ValueLayout.JAVA_FLOAT, i, i % 2 == 0 ? value : -value);
        }
        driver.copy(host, to, stream);
        driver.synchronize(stream);
        driver.freePinned(host);
    }

    private List<Float> firstTwo(DevicePointer from, Stream stream) {
        MemorySegment host = driver.allocatePinned(BYTES, "a test");
        driver.copy(from, host, stream);
        driver.synchronize(stream);
        List<Float> found =
                List.of(host.getAtIndex(ValueLayout.JAVA_FLOAT, 0), host.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
        driver.freePinned(host);
        return found;
    }

    @Test
    void aGraphTakesOtherArgumentsAndKeepsItsOwnUntilThen() throws IOException {
        Relu relu = relu();
        Stream stream = driver.createStream();
        DevicePointer block = driver.allocate(5 * BYTES, "a test");
        DevicePointer first = block;
        DevicePointer second = block.plus(BYTES);
        DevicePointer y = block.plus(2 * BYTES);
        DevicePointer z = block.plus(3 * BYTES);
        DevicePointer status = block.plus(4 * BYTES);
        put(first, 3, stream);
        put(second, 5, stream);
        driver.fill(y, (byte) 0, 3 * BYTES, stream);
        driver.launch(relu.launch(first, y, status), stream);
        assertThat(firstTwo(y, stream)).containsExactly(3f, 0f);
        driver.beginCapture(stream);
        driver.launch(relu.launch(second, y, status), stream);
        Graph graph = driver.endCapture(stream);
        assertThat(firstTwo(y, stream)).as("capturing runs nothing").containsExactly(3f, 0f);
        List<Node> nodes = driver.kernelNodes(graph);
        assertThat(nodes).hasSize(1);
        Executable executable = driver.instantiate(graph);
        driver.launch(executable, stream);
        assertThat(firstTwo(y, stream)).containsExactly(5f, 0f);
        driver.update(executable, nodes.getFirst(), relu.launch(first, z, status));
        driver.launch(executable, stream);
        assertThat(firstTwo(z, stream)).containsExactly(3f, 0f);
        assertThat(firstTwo(y, stream)).as("what it had before is left alone").containsExactly(5f, 0f);
        driver.destroy(executable);
        driver.destroy(graph);
        driver.free(block);
        driver.destroy(stream);
        driver.unload(relu.module());
        under.assertNoLeaks();
    }

    /** As sessions of several threads do: each with a stream and memory of its own, and one module. */
    @Test
    void severalThreadsShareTheContext() throws Exception {
        Relu relu = relu();
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<Boolean>> running =
                    threads.invokeAll(List.of(run(relu, 1), run(relu, 2), run(relu, 3))).stream()
                            .toList();
            for (Future<Boolean> one : running) {
                assertThat(one.get()).isTrue();
            }
        }
        driver.unload(relu.module());
        under.assertNoLeaks();
    }

    private Callable<Boolean> run(Relu relu, float value) {
        return () -> {
            Stream stream = driver.createStream();
            DevicePointer block = driver.allocate(3 * BYTES, "a thread");
            put(block, value, stream);
            driver.fill(block.plus(2 * BYTES), (byte) 0, BYTES, stream);
            boolean right = true;
            for (int run = 0; run < 5; run++) {
                driver.fill(block.plus(BYTES), (byte) 0, BYTES, stream);
                driver.launch(relu.launch(block, block.plus(BYTES), block.plus(2 * BYTES)), stream);
                right &= firstTwo(block.plus(BYTES), stream).equals(List.of(value, 0f));
            }
            driver.free(block);
            driver.destroy(stream);
            return right;
        };
    }

    /** The device is whole after it: what was asked for too much is all that is refused. */
    @Test
    void memoryThatIsNotThereIsRefusedWithTheSizes() {
        long all = driver.facts().memoryBytes();
        assertThatThrownBy(() -> driver.allocate(2 * all, "a test"))
                .isInstanceOfSatisfying(
                        CudaException.class,
                        failure -> assertThat(failure.isSticky()).isFalse())
                .hasMessageStartingWith("cuMemAlloc of ")
                .hasMessageContaining(" for a test, where ")
                .hasMessageContaining("CUDA_ERROR_OUT_OF_MEMORY (2)");
        DevicePointer little = driver.allocate(BYTES, "a test");
        driver.free(little);
        under.assertNoLeaks();
    }

    @Test
    void eventsOfAStreamAreTimedInTheirOrder() throws IOException {
        Relu relu = relu();
        Stream stream = driver.createStream();
        DevicePointer block = driver.allocate(3 * BYTES, "a test");
        driver.fill(block, (byte) 0, 3 * BYTES, stream);
        Event start = driver.createEvent();
        Event end = driver.createEvent();
        driver.record(start, stream);
        driver.launch(relu.launch(block, block.plus(BYTES), block.plus(2 * BYTES)), stream);
        driver.record(end, stream);
        driver.synchronize(end);
        assertThat(driver.elapsedSeconds(start, end)).isBetween(0.0, 60.0);
        driver.destroy(start);
        driver.destroy(end);
        driver.free(block);
        driver.destroy(stream);
        driver.unload(relu.module());
        under.assertNoLeaks();
    }

    @Test
    void aFunctionThatAModuleDoesNotHaveIsNamed() throws IOException {
        Relu relu = relu();
        assertThatThrownBy(() -> driver.function(relu.module(), "nothing"))
                .isInstanceOf(CudaException.class)
                .hasMessageContaining("nothing");
        driver.unload(relu.module());
    }
}

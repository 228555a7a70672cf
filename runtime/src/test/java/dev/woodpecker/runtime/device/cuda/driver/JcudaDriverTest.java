package dev.woodpecker.runtime.device.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Module;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Node;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CompilerDiscovery;
import dev.woodpecker.runtime.toolchain.CudaReadiness;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.JCudaLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What JCuda makes of our calls, seen by a library with the driver's names, in a process that finds it first. */
class JcudaDriverTest {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void callsArriveAsTheDriverTakesThem() throws IOException, InterruptedException {
        Assumptions.assumeTrue(JCudaLibrary.DRIVER.isPresent(), "SKIPPED: JCuda is not on the class path");
        compileLibrary();
        ProcessBuilder program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Program.class.getName())
                .redirectErrorStream(true);
        program.environment().put("LD_LIBRARY_PATH", directory.toString());
        Process running = program.start();
        String printed = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(printed.lines())
                .containsExactly(
                        "ready: 12.6, No Device (compute capability 9.0, 132 multiprocessors, 0.0 GB)",
                        "device: 9.0, 132 multiprocessors, 12.6",
                        "function: FunctionFacts[registers=104, localBytes=103, sharedBytes=101, mostThreads=100]",
                        "launched: 1.0 25.0 status 1000",
                        "map: [1, 2, 512, 4096, 1024, 64, 128, 1, 1, 3, 3, 0, 0, 0, 0], status 1000",
                        "captured: 1 kernels, nothing ran 25.0",
                        "graph: 49.0, on other memory 24.0, 25.0 s x 0.0001",
                        "cuMemAlloc of 2.0 MB for a test, where 512.0 KB of 1.0 MB are free on device 0, No Device,"
                            + " failed: CUDA_ERROR_OUT_OF_MEMORY (2); free GPU memory that other sessions or processes"
                            + " hold, or run smaller batches",
                        "cuModuleGetFunction of sub failed: CUDA_ERROR_NOT_FOUND (500)",
                        "cuModuleLoadData of other failed: an error without a name (200); the code was made for another"
                                + " kind of device",
                        "sticky: true",
                        "all given back");
    }

    private void compileLibrary() throws IOException, InterruptedException {
        Path source = directory.resolve("libcuda.c");
        try (InputStream in = Objects.requireNonNull(JcudaDriverTest.class.getResourceAsStream("libcuda.c"))) {
            Files.copy(in, source);
        }
        Environment environment = Environment.ofProcess();
        Path compiler = CompilerDiscovery.executable("gcc", environment)
                .or(() -> CompilerDiscovery.executable("clang", environment))
                .orElse(Path.of(""));
        Assumptions.assumeFalse(compiler.toString().isEmpty(), "SKIPPED: no C compiler with headers on the PATH");
        Process compiling = new ProcessBuilder(
                        compiler.toString(),
                        "-shared",
                        "-fPIC",
                        "-w",
                        "-Wl,-soname,libcuda.so.1",
                        "-o",
                        directory.resolve("libcuda.so.1").toString(),
                        source.toString())
                .inheritIO()
                .start();
        assertThat(compiling.waitFor()).isZero();
    }

    /** What runs in a process of its own, where the library is found as the driver. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) {
            if (CudaReadiness.ofProcess() instanceof CudaReadiness.Ready(var version, var devices)) {
                System.out.println("ready: " + version + ", " + devices.getFirst());
            }
            CudaDriver driver = JcudaDriver.open(0, CacheDirectory.open(Environment.ofProcess()));
            DeviceFacts facts = driver.facts();
            System.out.println("device: " + facts.capabilityMajor() + "." + facts.capabilityMinor() + ", "
                    + facts.multiprocessors() + " multiprocessors, " + facts.driverVersionText());
            Stream stream = driver.createStream();
            Module module = driver.load("code\0".getBytes(StandardCharsets.UTF_8), "code");
            Function add = driver.function(module, "add");
            System.out.println("function: " + driver.facts(add));
            DevicePointer x = driver.allocate(64, "a test");
            DevicePointer other = driver.allocate(64, stream, "a test");
            DevicePointer status = x.plus(32);
            MemorySegment host = driver.allocatePinned(64, "a test");
            host.set(ValueLayout.JAVA_FLOAT, 0, 1);
            driver.copy(host, x, stream);
            driver.fill(other, (byte) 0, 64, stream);
            float before = first(driver, x, host, stream);
            driver.allowSharedBytes(add, 100_000);
            KernelLaunch launch = new KernelLaunch(
                    add, new Extent3(3, 2, 1), new Extent3(2, 1, 2), 1000, List.of(x.address(), 1L, status.address()));
            driver.launch(launch, stream);
            System.out.println("launched: " + before + " " + first(driver, x, host, stream) + " status "
                    + host.get(ValueLayout.JAVA_INT, 32));
            driver.fill(status, (byte) 0, 4, stream);
            TensorMapBits map =
                    driver.encode(new BoxedTensor(status.address(), List.of(4096L, 512L), List.of(128, 64)));
            driver.launch(launch.with(List.of(other.address(), 1L), List.of(map)), stream);
            first(driver, x, host, stream);
            System.out.println("map: " + map.words().subList(1, TensorMapBits.WORDS) + ", status "
                    + host.get(ValueLayout.JAVA_INT, 32));
            driver.fill(other, (byte) 0, 64, stream);
            graphs(driver, stream, launch, other, host);
            refusals(driver, module);
            driver.launch(launch.with(List.of(x.address(), 8L, status.address())), stream);
            driver.freePinned(host);
            driver.free(x);
            driver.free(other, stream);
            driver.unload(module);
            driver.destroy(stream);
            driver.close();
            System.out.println("all given back");
        }

        private static float first(CudaDriver driver, DevicePointer from, MemorySegment host, Stream stream) {
            driver.copy(from, host, stream);
            driver.synchronize(stream);
            return host.get(ValueLayout.JAVA_FLOAT, 0);
        }

        private static void graphs(
                CudaDriver driver, Stream stream, KernelLaunch launch, DevicePointer other, MemorySegment host) {
            DevicePointer x = new DevicePointer(launch.arguments().getFirst());
            driver.beginCapture(stream);
            driver.fill(x.plus(32), (byte) 0, 4, stream);
            driver.launch(launch, stream);
            Graph graph = driver.endCapture(stream);
            List<Node> nodes = driver.kernelNodes(graph);
            System.out.println("captured: " + nodes.size() + " kernels, nothing ran " + first(driver, x, host, stream));
            Executable executable = driver.instantiate(graph);
            Event start = driver.createEvent();
            Event end = driver.createEvent();
            driver.record(start, stream);
            driver.launch(executable, stream);
            driver.record(end, stream);
            driver.await(end, stream);
            driver.synchronize(end);
            float once = first(driver, x, host, stream);
            driver.update(
                    executable,
                    nodes.getFirst(),
                    launch.with(List.of(other.address(), 1L, launch.arguments().getLast())));
            driver.launch(executable, stream);
            System.out.println("graph: " + once + ", on other memory " + first(driver, other, host, stream) + ", "
                    + Math.round(driver.elapsedSeconds(start, end) * 1e4) + ".0 s x 0.0001");
            driver.destroy(start);
            driver.destroy(end);
            driver.destroy(executable);
            driver.destroy(graph);
        }

        private static void refusals(CudaDriver driver, Module module) {
            System.out.println(refused(() -> driver.allocate(2 << 20, "a test")).getMessage());
            System.out.println(refused(() -> driver.function(module, "sub")).getMessage());
            System.out.println(refused(() -> driver.load("none\0".getBytes(StandardCharsets.UTF_8), "other"))
                    .getMessage());
            System.out.println("sticky: "
                    + CudaException.of("cuLaunchKernel", CudaError.LAUNCH_FAILED)
                            .isSticky());
        }

        private static CudaException refused(Runnable call) {
            try {
                call.run();
            } catch (CudaException refusal) {
                return refusal;
            }
            throw new IllegalStateException("nothing was refused");
        }
    }
}

package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Node;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import java.util.ArrayList;
import java.util.List;

/** A plan's launches as one CUDA graph, which a single call starts; arguments that differ from the last run's are changed. */
final class CapturedLaunches {
    private final CudaDevice device;
    private final Graph graph;
    private final Executable executable;
    private final List<Node> nodes;
    /** As the graph has them now. */
    private final List<KernelLaunch> current;
    /** What was asked for last. */
    private List<KernelLaunch> last;

    private CapturedLaunches(
            CudaDevice device, Graph graph, Executable executable, List<Node> nodes, List<KernelLaunch> launches) {
        this.device = device;
        this.graph = graph;
        this.executable = executable;
        this.nodes = nodes;
        this.current = new ArrayList<>(launches);
        this.last = launches;
    }

    /**
     * @param first what comes before the kernels
     */
    static CapturedLaunches capture(CudaDevice device, Stream stream, Runnable first, List<KernelLaunch> launches) {
        CudaDriver driver = device.driver();
        driver.beginCapture(stream);
        try {
            first.run();
            launches.forEach(launch -> driver.launch(launch, stream));
        } catch (RuntimeException | Error e) {
            // A stream that still captures could not even be destroyed.
            device.release(d -> d.destroy(d.endCapture(stream)));
            throw e;
        }
        Graph graph = driver.endCapture(stream);
        try {
            List<Node> nodes = driver.kernelNodes(graph);
            if (nodes.size() != launches.size()) {
                throw new IllegalStateException(
                        launches.size() + " kernels were captured, and the graph has " + nodes.size());
            }
            return new CapturedLaunches(device, graph, driver.instantiate(graph), nodes, List.copyOf(launches));
        } catch (RuntimeException | Error e) {
            device.release(d -> d.destroy(graph));
            throw e;
        }
    }

    /** Starts the launches with these arguments. */
    void launch(List<KernelLaunch> wanted, Stream stream) {
        if (wanted != last) {
            for (int i = 0; i < nodes.size(); i++) {
                if (!wanted.get(i).equals(current.get(i))) {
                    device.driver().update(executable, nodes.get(i), wanted.get(i));
                    current.set(i, wanted.get(i));
                }
            }
            last = wanted;
        }
        device.driver().launch(executable, stream);
    }

    void free() {
        device.release(driver -> driver.destroy(executable));
        device.release(driver -> driver.destroy(graph));
    }
}

package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Node;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import java.util.ArrayList;
import java.util.List;

/**
 * A plan's steps as one CUDA graph, which a single call starts; arguments that differ from the last run's are changed. Where a
 * library's calls are among the steps it is not known which nodes are whose: then the graph is captured anew instead.
 */
final class CapturedLaunches {
    private final CudaDevice device;
    private final Runnable first;
    private Graph graph;
    private Executable executable;
    /** One a step; empty where a library has nodes of its own. */
    private List<Node> nodes;
    /** As the graph has them now. */
    private List<PlanStep> current;
    /** What was asked for last. */
    private List<PlanStep> last;

    /** What a capture gives. */
    private record Captured(Graph graph, Executable executable, List<Node> nodes) {}

    private CapturedLaunches(CudaDevice device, Runnable first, Captured captured, List<PlanStep> steps) {
        this.device = device;
        this.first = first;
        this.graph = captured.graph();
        this.executable = captured.executable();
        this.nodes = captured.nodes();
        this.current = new ArrayList<>(steps);
        this.last = steps;
    }

    /**
     * @param first what comes before the kernels
     */
    static CapturedLaunches capture(CudaDevice device, Stream stream, Runnable first, List<PlanStep> steps) {
        return new CapturedLaunches(device, first, captured(device, stream, first, steps), steps);
    }

    private static Captured captured(CudaDevice device, Stream stream, Runnable first, List<PlanStep> steps) {
        CudaDriver driver = device.driver();
        driver.beginCapture(stream);
        try {
            first.run();
            steps.forEach(step -> step.enqueue(driver, stream));
        } catch (RuntimeException | Error e) {
            // A stream that still captures could not even be destroyed.
            device.release(d -> d.destroy(d.endCapture(stream)));
            throw e;
        }
        Graph graph = driver.endCapture(stream);
        try {
            boolean generated = steps.stream().allMatch(PlanStep.Generated.class::isInstance);
            List<Node> nodes = generated ? driver.kernelNodes(graph) : List.of();
            if (generated && nodes.size() != steps.size()) {
                throw new IllegalStateException(
                        steps.size() + " kernels were captured, and the graph has " + nodes.size());
            }
            return new Captured(graph, driver.instantiate(graph), nodes);
        } catch (RuntimeException | Error e) {
            device.release(d -> d.destroy(graph));
            throw e;
        }
    }

    /** Starts the steps with these arguments. */
    void launch(List<PlanStep> wanted, Stream stream) {
        if (wanted != last) {
            if (!nodes.isEmpty()) {
                update(wanted);
            } else if (!wanted.equals(current)) {
                captureAgain(wanted, stream);
            }
            last = wanted;
        }
        device.driver().launch(executable, stream);
    }

    private void update(List<PlanStep> wanted) {
        for (int i = 0; i < nodes.size(); i++) {
            if (!wanted.get(i).equals(current.get(i)) && wanted.get(i) instanceof PlanStep.Generated changed) {
                device.driver().update(executable, nodes.get(i), changed.launch());
                current.set(i, changed);
            }
        }
    }

    private void captureAgain(List<PlanStep> wanted, Stream stream) {
        Captured again = captured(device, stream, first, wanted);
        // The last run is over: each waits for its results.
        free();
        graph = again.graph();
        executable = again.executable();
        nodes = again.nodes();
        current = new ArrayList<>(wanted);
    }

    void free() {
        device.release(driver -> driver.destroy(executable));
        device.release(driver -> driver.destroy(graph));
    }
}

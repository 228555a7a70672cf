package dev.woodpecker.runtime;

import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.session.GraphRunner;
import dev.woodpecker.runtime.session.LeasedArena;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Runs a model, in memory of its own that is used again by every run. A session runs one thing at a time; several sessions
 * of a model run at the same time.
 */
public final class Session implements AutoCloseable {
    /** Plans kept ready to run: shapes of inputs, and parts of a model whose shapes depend on elements. */
    private static final int PREPARED_PLANS = 32;

    private final Model model;
    private final LeasedArena.Lease code;
    private final GraphRunner runner;
    private final ProfileRecorder recorder;
    private boolean closed;

    Session(Model model, LeasedArena.Lease code) {
        this.model = model;
        this.code = code;
        this.runner = new GraphRunner(model.plans(), model.pool(), PREPARED_PLANS);
        this.recorder = new ProfileRecorder(model);
    }

    /**
     * Runs the model.
     *
     * @param inputs by name; native memory aligned to 64 bytes is read in place, other memory is copied first
     * @return the outputs by name, in new arrays
     * @throws InvalidInputException if a name, type or shape does not fit the model
     * @throws OperatorException if an operator cannot be applied to the values it gets, as an index out of bounds
     * @throws MemoryLimitException if there is not enough memory for these shapes
     */
    public Map<String, NdArray> run(Map<String, NdArray> inputs) {
        return run(inputs, Map.of());
    }

    /**
     * Runs the model.
     *
     * @param outputs arrays to write outputs to, by name, of the right type and shape; outputs that are not named are
     *     new arrays
     * @return all outputs by name, those given among them
     */
    public synchronized Map<String, NdArray> run(Map<String, NdArray> inputs, Map<String, NdArray> outputs) {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        Graph graph = model.graph();
        InputCheck.check(model, inputs);
        outputs.keySet().forEach(name -> {
            if (!graph.outputs().contains(name)) {
                throw new InvalidInputException("no output '" + name + "'; there are " + graph.outputs());
            }
        });
        Map<String, NdArray> aligned = new HashMap<>();
        inputs.forEach((name, array) -> aligned.put(name, array.aligned()));
        Map<String, NdArray> inPlace = new HashMap<>(outputs);
        inPlace.values().removeIf(array -> !array.isAligned());
        recorder.begin();
        Map<String, NdArray> results = runner.run(graph, aligned, inPlace, recorder);
        return withGiven(results, outputs);
    }

    /** Results that could not be written in place are copied to where they are wanted. */
    private static Map<String, NdArray> withGiven(Map<String, NdArray> results, Map<String, NdArray> outputs) {
        Map<String, NdArray> all = new LinkedHashMap<>(results);
        outputs.forEach((name, wanted) -> {
            NdArray result = results.get(name);
            if (result != null && result != wanted) {
                if (!TensorType.of(result).equals(TensorType.of(wanted))) {
                    throw new InvalidInputException("output '" + name + "' is " + TensorType.of(result)
                            + ", and the array given for it " + TensorType.of(wanted));
                }
                wanted.memory().copyFrom(result.memory());
                all.put(name, wanted);
            }
        });
        return all;
    }

    /** Where the time of this session's runs went, kernel by kernel. */
    public synchronized Profile profile() {
        return recorder.profile();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            runner.close();
            code.close();
        }
    }
}

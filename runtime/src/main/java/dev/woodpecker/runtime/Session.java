package dev.woodpecker.runtime;

import dev.woodpecker.runtime.device.cpu.Cancellation;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.session.GraphRunner;
import dev.woodpecker.runtime.session.LeasedArena;
import dev.woodpecker.runtime.session.RunThreads;
import dev.woodpecker.runtime.timing.FlightRecording;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs a model, in memory of its own that is used again by every run. A session runs one thing at a time; several sessions
 * of a model run at the same time. Any thread may use it. A virtual thread's run is done by a platform thread, so that the
 * carrier of virtual threads is free meanwhile.
 */
public final class Session implements AutoCloseable {
    /** Plans kept ready to run: shapes of inputs, and parts of a model whose shapes depend on elements. */
    private static final int PREPARED_PLANS = 32;

    private final Model model;
    private final LeasedArena.Lease code;
    private final GraphRunner runner;
    /** Held by the run in progress. */
    private final ReentrantLock turn = new ReentrantLock();

    private volatile Optional<Cancellation> inProgress = Optional.empty();
    private Optional<ProfileRecorder> recorder;
    /** Types of inputs, in the graph's order, that were found to fit the model; empty before there are any. */
    private List<TensorType> fitting = List.of();

    private CompletableFuture<?> lastAsynchronous = CompletableFuture.completedFuture(Map.of());
    private final Map<String, NdArray> standIns = new HashMap<>();
    private boolean closed;

    Session(Model model, LeasedArena.Lease code) {
        this.model = model;
        this.code = code;
        this.runner = new GraphRunner(model.plans(), model.pool(), PREPARED_PLANS);
        this.recorder = model.log().showsRuns() ? Optional.of(new ProfileRecorder(model)) : Optional.empty();
    }

    /**
     * Runs the model.
     *
     * @param inputs by name; native memory aligned to 64 bytes is read in place, other memory is copied first
     * @return the outputs by name, in new arrays
     * @throws InvalidInputException if a name, type or shape does not fit the model
     * @throws OperatorException if an operator cannot be applied to the values it gets, as an index out of bounds
     * @throws MemoryLimitException if there is not enough memory for these shapes
     * @throws java.util.concurrent.CancellationException if {@link #cancel} was called meanwhile
     */
    public Map<String, NdArray> run(Map<String, NdArray> inputs) {
        return run(inputs, Map.of());
    }

    /**
     * Runs the model.
     *
     * @param outputs arrays to write outputs to, by name, of the right type and shape; native memory aligned to 64 bytes is
     *     written in place. Outputs that are not named are new arrays
     * @return all outputs by name, those given among them
     */
    public Map<String, NdArray> run(Map<String, NdArray> inputs, Map<String, NdArray> outputs) {
        return run(inputs, outputs, new Cancellation());
    }

    /**
     * Runs the model on arrays in the memory of the GPU that it runs on, and is done when this returns: nothing passes
     * through the host.
     *
     * @param inputs by name
     * @param outputs all outputs, by name, of the right type and shape
     * @throws InvalidInputException if a name, type or shape does not fit the model, or an array is on another device
     * @throws UnsupportedOperationException if the model runs on the processor, or a part of it does
     */
    public void runOnDevice(Map<String, DeviceArray> inputs, Map<String, DeviceArray> outputs) {
        turn.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the session is closed");
            }
            DeviceRun run = DeviceRun.of(model, inputs, outputs, this::zeros);
            runner.runOnDevice(model.graph(), run.typed(), run.inputs(), run.outputs());
        } finally {
            turn.unlock();
        }
    }

    /** Stands for an array on a device where plans are looked for by the types of inputs. */
    private NdArray zeros(TensorType type) {
        return standIns.computeIfAbsent(
                type.toString(),
                _ -> NdArray.allocate(type.element(), type.shape().extents()));
    }

    /** As {@link #runAsync(Map, Map)}, with all outputs in new arrays. */
    public CompletableFuture<Map<String, NdArray>> runAsync(Map<String, NdArray> inputs) {
        return runAsync(inputs, Map.of());
    }

    /**
     * Runs the model on another thread, after what was asked for before. Cancelling the future stops the run at the next
     * kernel, or part of a large one; outputs that were given are unspecified then.
     *
     * @throws InvalidInputException if an array lies in memory that only the calling thread may use
     */
    public synchronized CompletableFuture<Map<String, NdArray>> runAsync(
            Map<String, NdArray> inputs, Map<String, NdArray> outputs) {
        Map<String, NdArray> from = Map.copyOf(inputs);
        Map<String, NdArray> to = Map.copyOf(outputs);
        from.forEach(Session::refuseConfined);
        to.forEach(Session::refuseConfined);
        Cancellation cancellation = new Cancellation();
        CompletableFuture<Map<String, NdArray>> result = new CompletableFuture<>();
        CompletableFuture<?> _ = result.whenComplete((_, _) -> cancellation.request());
        lastAsynchronous = lastAsynchronous.handleAsync(
                (_, _) -> {
                    try {
                        cancellation.check();
                        return result.complete(run(from, to, cancellation));
                    } catch (RuntimeException | Error e) {
                        return result.completeExceptionally(e);
                    }
                },
                RunThreads.executor());
        return result;
    }

    private static void refuseConfined(String name, NdArray array) {
        if (!array.isShared()) {
            throw new InvalidInputException(
                    "'" + name + "' lies in memory of one thread alone, and another is to use it:"
                            + " take an array of NdArray.allocate or NdArray.of, or memory of Arena.ofShared()");
        }
    }

    /** Stops the run in progress, if there is one, at the next kernel or part of a large one. */
    public void cancel() {
        inProgress.ifPresent(Cancellation::request);
    }

    /**
     * Makes what runs with inputs of these shapes need, and runs once on zeros, so that the next run is as fast as those
     * after it. A model that takes a shape or an index as input is better warmed by a run with real ones.
     *
     * @param shapes of inputs by name; those of which the model has all extents need not be named
     */
    public void warmUp(Map<String, int[]> shapes) {
        Map<String, NdArray> zeros = new LinkedHashMap<>();
        model.inputs().forEach((name, type) -> {
            int[] shape = shapes.get(name);
            if (shape == null && !type.shape().isKnown()) {
                throw new InvalidInputException("input '" + name + "' is " + type + ": give its shape");
            }
            zeros.put(
                    name,
                    NdArray.allocate(
                            type.element(), shape == null ? type.shape().extents() : shape));
        });
        shapes.forEach((name, shape) -> {
            if (!zeros.containsKey(name)) {
                throw new InvalidInputException("there is no input '" + name + "'; there are " + zeros.keySet());
            }
        });
        run(zeros);
    }

    private Map<String, NdArray> run(
            Map<String, NdArray> inputs, Map<String, NdArray> outputs, Cancellation cancellation) {
        turn.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the session is closed");
            }
            inProgress = Optional.of(cancellation);
            return Thread.currentThread().isVirtual()
                    ? runOnPlatformThread(inputs, outputs, cancellation)
                    : runNow(inputs, outputs, cancellation);
        } finally {
            inProgress = Optional.empty();
            turn.unlock();
        }
    }

    private Map<String, NdArray> runOnPlatformThread(
            Map<String, NdArray> inputs, Map<String, NdArray> outputs, Cancellation cancellation) {
        Map<String, NdArray> from = new HashMap<>(inputs);
        from.replaceAll((_, array) -> array.shared());
        Map<String, NdArray> to = new HashMap<>(outputs);
        to.replaceAll((_, array) -> array.shared());
        Map<String, NdArray> results = RunThreads.call(() -> runNow(from, to, cancellation));
        results.replaceAll((name, result) -> outputs.getOrDefault(name, result));
        return results;
    }

    private Map<String, NdArray> runNow(
            Map<String, NdArray> inputs, Map<String, NdArray> outputs, Cancellation cancellation) {
        if (!FlightRecording.mayBeOn()) {
            return compute(inputs, outputs, cancellation);
        }
        RunEvent event = new RunEvent();
        event.begin();
        Map<String, NdArray> results = compute(inputs, outputs, cancellation);
        event.commit(model);
        return results;
    }

    private Map<String, NdArray> compute(
            Map<String, NdArray> inputs, Map<String, NdArray> outputs, Cancellation cancellation) {
        Graph graph = model.graph();
        checkInputs(inputs);
        for (String name : outputs.keySet()) {
            if (!graph.outputs().contains(name)) {
                throw new InvalidInputException("no output '" + name + "'; there are " + graph.outputs());
            }
        }
        Map<String, NdArray> aligned = new HashMap<>();
        for (Map.Entry<String, NdArray> input : inputs.entrySet()) {
            aligned.put(input.getKey(), input.getValue().aligned());
        }
        Map<String, NdArray> inPlace = new HashMap<>();
        for (Map.Entry<String, NdArray> output : outputs.entrySet()) {
            if (output.getValue().isAligned()) {
                inPlace.put(output.getKey(), output.getValue());
            }
        }
        long start = System.nanoTime();
        Map<String, NdArray> results = runner.run(graph, aligned, inPlace, recorder, cancellation);
        if (recorder.isPresent()) {
            recorder.get().ranModel(start, System.nanoTime() - start);
        }
        fill(results, outputs);
        return results;
    }

    private void checkInputs(Map<String, NdArray> inputs) {
        List<String> names = model.graph().inputs();
        boolean known = inputs.size() == names.size() && fitting.size() == names.size();
        for (int i = 0; known && i < names.size(); i++) {
            NdArray given = inputs.get(names.get(i));
            known = given != null && fitting.get(i).isOf(given);
        }
        if (!known) {
            InputCheck.check(model, inputs);
            List<TensorType> types = new ArrayList<>();
            for (String name : names) {
                NdArray given = inputs.get(name);
                if (given != null) {
                    types.add(TensorType.of(given));
                }
            }
            fitting = List.copyOf(types);
        }
    }

    /** Results that could not be written in place are copied to where they are wanted. */
    private static void fill(Map<String, NdArray> results, Map<String, NdArray> outputs) {
        for (Map.Entry<String, NdArray> output : outputs.entrySet()) {
            String name = output.getKey();
            NdArray wanted = output.getValue();
            NdArray result = results.get(name);
            if (result != null && result != wanted) {
                if (!TensorType.of(result).equals(TensorType.of(wanted))) {
                    throw new InvalidInputException("output '" + name + "' is " + TensorType.of(result)
                            + ", and the array given for it " + TensorType.of(wanted));
                }
                wanted.memory().copyFrom(result.memory());
                results.put(name, wanted);
            }
        }
    }

    /** From now on every kernel of this session's runs is timed, which costs some 0.1 microseconds each. */
    public void startProfile() {
        turn.lock();
        try {
            recorder = Optional.of(new ProfileRecorder(model));
        } finally {
            turn.unlock();
        }
    }

    /**
     * Where the time of this session's runs went since {@link #startProfile}, kernel by kernel.
     *
     * @throws IllegalStateException if it was not called
     */
    public Profile profile() {
        turn.lock();
        try {
            return recorder.orElseThrow(() -> new IllegalStateException(
                            "this session is not profiled: call startProfile() before the runs"))
                    .profile();
        } finally {
            turn.unlock();
        }
    }

    /** Native memory in use, in bytes, for values between kernels. Inputs and outputs are the caller's. */
    public long nativeBytes() {
        return runner.nativeBytes();
    }

    /** Frees the session's memory, after the run in progress. */
    @Override
    public void close() {
        turn.lock();
        try {
            if (!closed) {
                closed = true;
                runner.close();
                code.close();
            }
        } finally {
            turn.unlock();
        }
    }
}

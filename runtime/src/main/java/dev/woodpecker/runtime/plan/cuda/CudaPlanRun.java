package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.OperatorException;
import dev.woodpecker.runtime.device.cpu.Cancellation;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.plan.ExecutablePlan;
import dev.woodpecker.runtime.plan.Invocation;
import dev.woodpecker.runtime.plan.PreparedRun;
import dev.woodpecker.runtime.plan.cuda.PlanLaunches.Places;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs a plan on a device. The first run launches kernel by kernel, which loads what the driver loads on first use; from the
 * second on all launches are one CUDA graph. Not safe for use by several threads at once.
 */
public final class CudaPlanRun implements PreparedRun {
    private final CudaPlan plan;
    private final CudaDevice device;
    private final RunMemory memory;
    private final PlanLaunches launches;
    private final boolean hasChecks;
    /** The run's own places, for inputs and outputs of the host. */
    private final Places own;

    private Places places;
    private List<PlanStep> atPlaces;
    private boolean isWarm;
    private Optional<CapturedLaunches> captured = Optional.empty();

    private CudaPlanRun(CudaPlan plan, RunMemory memory) {
        this.plan = plan;
        this.device = plan.device();
        this.memory = memory;
        this.launches = new PlanLaunches(plan, memory.values(), memory.status(), memory.workspace());
        this.hasChecks =
                plan.kernels().stream().anyMatch(kernel -> !kernel.checks().isEmpty());
        this.own = new Places(memory.inputs(), memory.outputs());
        this.places = own;
        this.atPlaces = flat(launches.of(own));
    }

    static CudaPlanRun of(CudaPlan plan) {
        return new CudaPlanRun(plan, RunMemory.allocate(plan));
    }

    private static List<PlanStep> flat(List<List<PlanStep>> ofInvocations) {
        return ofInvocations.stream().flatMap(List::stream).toList();
    }

    @Override
    public void run(
            List<NdArray> inputs,
            List<NdArray> outputs,
            Optional<? extends Observer> observer,
            Cancellation cancellation) {
        cancellation.check();
        device.run(() -> {
            for (int i = 0; i < inputs.size(); i++) {
                MemorySegment pinned = memory.pinnedInputs().get(i);
                if (pinned.byteSize() > 0) {
                    pinned.copyFrom(inputs.get(i).memory());
                    driver().copy(pinned, memory.inputs().get(i), stream());
                }
            }
            compute(own, observer);
            for (int i = 0; i < outputs.size(); i++) {
                if (memory.pinnedOutputs().get(i).byteSize() > 0) {
                    driver().copy(
                                    memory.outputs().get(i),
                                    memory.pinnedOutputs().get(i),
                                    stream());
                }
            }
            finish();
        });
        cancellation.check();
        for (int i = 0; i < outputs.size(); i++) {
            outputs.get(i).memory().copyFrom(memory.pinnedOutputs().get(i));
        }
    }

    /**
     * Runs all kernels on memory of the device that is the caller's, and is done when this returns.
     *
     * @param inputs in the plan's order, aligned to 64 bytes
     * @param outputs in the plan's order, likewise
     */
    public void runOnDevice(List<DevicePointer> inputs, List<DevicePointer> outputs) {
        device.run(() -> {
            compute(new Places(inputs, outputs), Optional.empty());
            finish();
        });
    }

    private CudaDriver driver() {
        return device.driver();
    }

    private Stream stream() {
        return memory.stream();
    }

    /** Gives all kernels to the stream. */
    private void compute(Places wanted, Optional<? extends Observer> observer) {
        if (!wanted.equals(places)) {
            atPlaces = flat(launches.of(wanted));
            places = wanted;
        }
        if (observer.isPresent()) {
            runTimed(observer.get());
        } else if (!isWarm || atPlaces.isEmpty()) {
            resetStatus();
            atPlaces.forEach(step -> step.enqueue(driver(), stream()));
        } else {
            if (captured.isEmpty()) {
                captured = Optional.of(CapturedLaunches.capture(device, stream(), this::resetStatus, atPlaces));
            }
            captured.get().launch(atPlaces, stream());
        }
        isWarm = true;
        for (ExecutablePlan.Copy copy : plan.copies()) {
            long bytes = RunMemory.bytes(plan.outputs().get(copy.output()).type());
            if (bytes > 0) {
                DevicePointer from = launches.address(copy.from(), wanted);
                driver().copy(from, wanted.outputs().get(copy.output()), bytes, stream());
            }
        }
    }

    private void resetStatus() {
        driver().fill(memory.status(), (byte) 0, memory.pinnedStatus().byteSize(), stream());
    }

    /** Waits, and tells what kernels found. */
    private void finish() {
        if (hasChecks) {
            driver().copy(memory.status(), memory.pinnedStatus(), stream());
        }
        driver().synchronize(stream());
        for (int i = 0; hasChecks && i < plan.invocations().size(); i++) {
            int failed = memory.status(i);
            if (failed != 0) {
                Invocation what = plan.invocations().get(i);
                throw new OperatorException(
                        "node '" + what.name() + "' (" + what.operator() + ")",
                        plan.kernels().get(what.kernel()).checks().get(failed - 1));
            }
        }
    }

    /** An event before each invocation and one after the last: what lies between two is one's time, its launch included. */
    private void runTimed(Observer observer) {
        List<List<PlanStep>> ofInvocations = launches.of(places);
        List<Event> events = new ArrayList<>();
        try {
            for (int i = 0; i <= ofInvocations.size(); i++) {
                events.add(driver().createEvent());
            }
            resetStatus();
            driver().synchronize(stream());
            long start = System.nanoTime();
            for (int i = 0; i < ofInvocations.size(); i++) {
                driver().record(events.get(i), stream());
                ofInvocations.get(i).forEach(step -> step.enqueue(driver(), stream()));
            }
            driver().record(events.getLast(), stream());
            driver().synchronize(events.getLast());
            for (int i = 0; i < ofInvocations.size(); i++) {
                double seconds = driver().elapsedSeconds(events.get(i), events.get(i + 1));
                double since = driver().elapsedSeconds(events.getFirst(), events.get(i));
                observer.ran(plan.invocations().get(i), start + Math.round(since * 1e9), Math.round(seconds * 1e9));
            }
        } finally {
            events.forEach(event -> device.release(driver -> driver.destroy(event)));
        }
    }

    @Override
    public void close() {
        captured.ifPresent(CapturedLaunches::free);
        captured = Optional.empty();
        memory.free();
    }
}

package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.plan.Invocation;
import dev.woodpecker.runtime.plan.VendorCall;
import dev.woodpecker.runtime.plan.cuda.PlanLaunches.Places;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.cuda.DeviceVendor;
import dev.woodpecker.runtime.vendor.cuda.Precision;
import dev.woodpecker.runtime.vendor.cuda.VendorCallException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Takes for each kernel of a plan the fastest of the generated one and the libraries' ways that give the same result, all
 * timed in the plan's own memory. Kernels that are alike are timed once. A way that a library refuses is left out, with the reason in the log; once
 * chosen, a refusal is an error of the run.
 */
final class VendorSelection {
    private static final System.Logger LOGGER = System.getLogger(VendorSelection.class.getName());

    /** Generated code is kept unless a library is faster by more than this: times repeat no better. */
    private static final double MARGIN = 0.02;

    private final CudaPlan plan;
    private final DeviceVendor vendor;
    private final Vendors wanted;
    private final Numerics numerics;
    private final Map<Like, List<DeviceVendor.Call>> calls = new LinkedHashMap<>();

    /** What invocations have in common of which one time is enough. */
    private record Like(int kernel, VendorKernel described, DType element) {
        static Like of(Invocation invocation, VendorCall call) {
            return new Like(invocation.kernel(), call.kernel(), call.element());
        }
    }

    /**
     * What was found.
     *
     * @param call empty where the generated kernel stays
     */
    private record Choice(Optional<DeviceVendor.Call> call, Optional<Invocation.Comparison> comparison) {
        static final Choice NONE = new Choice(Optional.empty(), Optional.empty());
    }

    private VendorSelection(CudaPlan plan, DeviceVendor vendor, Vendors wanted, Numerics numerics) {
        this.plan = plan;
        this.vendor = vendor;
        this.wanted = wanted;
        this.numerics = numerics;
    }

    /**
     * @param generated whose invocations say what a library may compute
     * @param wanted whether the library is taken in any case ({@code ONLY}) or where it is faster
     * @param arena how long the choices are needed
     */
    static CudaPlan of(CudaPlan generated, DeviceVendor vendor, Vendors wanted, Numerics numerics, Arena arena) {
        return new VendorSelection(generated, vendor, wanted, numerics).select(arena);
    }

    private CudaPlan select(Arena arena) {
        Map<Like, Integer> firsts = new LinkedHashMap<>();
        for (int i = 0; i < plan.invocations().size(); i++) {
            int position = i;
            Invocation invocation = plan.invocations().get(i);
            invocation.vendor().ifPresent(call -> firsts.putIfAbsent(Like.of(invocation, call), position));
        }
        firsts.keySet().forEach(like -> calls.put(like, offered(like)));
        try {
            return chosen(choices(firsts), arena);
        } catch (RuntimeException | Error e) {
            calls.values().forEach(all -> all.forEach(DeviceVendor.Call::close));
            throw e;
        }
    }

    private List<DeviceVendor.Call> offered(Like like) {
        try {
            return vendor.calls(like.described(), precision(like.element()));
        } catch (VendorCallException refused) {
            skipped(like.described().getClass().getSimpleName(), refused);
            return List.of();
        }
    }

    private Precision precision(DType element) {
        return switch (numericsOf(element)) {
            case FP16 -> Precision.FP16;
            case BF16 -> Precision.BF16;
            case TF32 -> Precision.TF32;
            case STRICT, FP32, INT8 -> Precision.FP32;
        };
    }

    /** Those of a kernel whose tensors are of {@code element}. */
    private Numerics numericsOf(DType element) {
        return switch (element) {
            case F16 -> Numerics.FP16;
            case BF16 -> Numerics.BF16;
            default -> numerics.half().isPresent() ? Numerics.FP32 : numerics;
        };
    }

    private static void skipped(String what, RuntimeException reason) {
        LOGGER.log(Level.INFO, "{0} is left out of the choice: {1}", what, reason.getMessage());
    }

    private Map<Like, Choice> choices(Map<Like, Integer> firsts) {
        if (calls.values().stream().allMatch(List::isEmpty)) {
            return Map.of();
        }
        long workspace = calls.values().stream()
                .flatMap(List::stream)
                .mapToLong(DeviceVendor.Call::workspaceBytes)
                .max()
                .orElse(0);
        CudaPlan trial = new CudaPlan(plan.device(), plan.plan(), plan.kernels(), plan.onDevice(), Map.of(), workspace);
        RunMemory memory = RunMemory.allocate(trial);
        try {
            Map<Like, Choice> choices = new HashMap<>();
            firsts.forEach((like, position) -> choices.put(like, choice(trial, memory, like, position)));
            return choices;
        } finally {
            memory.free();
        }
    }

    private Choice choice(CudaPlan trial, RunMemory memory, Like like, int position) {
        List<DeviceVendor.Call> offers = calls.getOrDefault(like, List.of());
        if (offers.isEmpty()) {
            return Choice.NONE;
        }
        PlanLaunches launches = new PlanLaunches(trial, memory.values(), memory.status(), memory.workspace());
        Places places = new Places(memory.inputs(), memory.outputs());
        try (TimedSteps timed = new TimedSteps(plan.device(), memory.stream())) {
            VendorTrial results = new VendorTrial(
                    plan.device(),
                    memory,
                    launches,
                    places,
                    plan.invocations().get(position).vendor().orElseThrow());
            List<PlanStep> ours = launches.generated(position, places);
            NdArray wanted = results.result(ours);
            timed.add(ours);
            List<DeviceVendor.Call> able = new ArrayList<>();
            for (DeviceVendor.Call call : offers) {
                try {
                    List<PlanStep> theirs = List.of(launches.ofVendor(position, call, places));
                    Optional<String> wrong =
                            results.difference(results.result(theirs), wanted, numericsOf(like.element()));
                    if (wrong.isPresent()) {
                        LOGGER.log(Level.WARNING, "{0} is left out of the choice: {1}", call.name(), wrong.get());
                    } else {
                        timed.add(theirs);
                        able.add(call);
                    }
                } catch (VendorCallException refused) {
                    skipped(call.name(), refused);
                } catch (CudaException refused) {
                    if (refused.isSticky()) {
                        throw refused;
                    }
                    skipped(call.name(), refused);
                }
            }
            return able.isEmpty() ? Choice.NONE : fastest(able, timed.medianSeconds(), position);
        }
    }

    /**
     * @param seconds of the generated kernel, then of the calls
     */
    private Choice fastest(List<DeviceVendor.Call> able, List<Double> seconds, int position) {
        double ours = seconds.getFirst();
        int best = IntStream.range(0, able.size())
                .boxed()
                .min(Comparator.comparingDouble(i -> seconds.get(i + 1)))
                .orElseThrow();
        DeviceVendor.Call call = able.get(best);
        double theirs = seconds.get(best + 1);
        String generated = plan.invocations().get(position).implementation();
        boolean isTaken = wanted == Vendors.ONLY || theirs < ours * (1 - MARGIN);
        return isTaken
                ? new Choice(Optional.of(call), Optional.of(new Invocation.Comparison(generated, theirs, ours)))
                : new Choice(Optional.empty(), Optional.of(new Invocation.Comparison(call.name(), ours, theirs)));
    }

    private CudaPlan chosen(Map<Like, Choice> choices, Arena arena) {
        List<Invocation> invocations = new ArrayList<>();
        Map<Integer, DeviceVendor.Call> taken = new HashMap<>();
        for (int i = 0; i < plan.invocations().size(); i++) {
            Invocation invocation = plan.invocations().get(i);
            Choice choice = invocation
                    .vendor()
                    .map(call -> choices.getOrDefault(Like.of(invocation, call), Choice.NONE))
                    .orElse(Choice.NONE);
            String name = choice.call().map(DeviceVendor.Call::name).orElse(invocation.implementation());
            invocations.add(invocation
                    .with(choice.call().isPresent() ? invocation.vendor() : Optional.empty(), choice.comparison())
                    .by(invocation.kernel(), invocation.buffers(), name));
            int position = i;
            choice.call().ifPresent(call -> taken.put(position, call));
        }
        calls.values()
                .forEach(all -> all.forEach(call -> {
                    if (taken.containsValue(call)) {
                        AtClose.of(arena, call::close);
                    } else {
                        call.close();
                    }
                }));
        long workspace = taken.values().stream()
                .mapToLong(DeviceVendor.Call::workspaceBytes)
                .max()
                .orElse(0);
        return new CudaPlan(
                plan.device(),
                plan.plan().withInvocations(invocations),
                plan.kernels(),
                plan.onDevice(),
                taken,
                workspace);
    }
}

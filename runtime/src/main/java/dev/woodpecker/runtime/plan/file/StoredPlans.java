package dev.woodpecker.runtime.plan.file;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.InvalidInputException;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.PlanFileException;
import dev.woodpecker.runtime.PlanTrust;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.device.cpu.NativeCalls;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.ExecutablePlan.Value;
import dev.woodpecker.runtime.plan.PlanSource;
import dev.woodpecker.runtime.plan.Planner.Planned;
import dev.woodpecker.runtime.plan.RunnablePlan;
import dev.woodpecker.runtime.plan.Selector;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.plan.cuda.DevicePlans;
import dev.woodpecker.runtime.plan.kernel.KernelLoader;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The plans of a file, for this processor or a GPU: made elsewhere, and run as they are. Weights stay where the file is mapped, and
 * kernels are copied to the cache, from where the dynamic loader takes them.
 */
public final class StoredPlans implements PlanSource {
    private final String file;
    private final PlanContent content;
    private final List<CompiledPlan> plans;
    private final PlanLoader loader;

    /** Makes a plan ready to run, for as long as the arena's constants are needed. */
    @FunctionalInterface
    private interface PlanLoader {
        RunnablePlan load(CompiledPlan plan, Arena arena);
    }

    private StoredPlans(String file, PlanContent content, PlanLoader loader) {
        this.file = file;
        this.content = content;
        this.plans = content.targets().getFirst().plans();
        this.loader = loader;
        content.targets().getFirst().calls().ifPresent(NativeCalls::load);
    }

    /**
     * Opens a file; nothing of it is run before it has proved whole and trusted.
     *
     * @param cpu the processor to run on
     * @param cache where kernels are copied to
     * @param selector knows where vendors' kernels are
     * @param arena how long the plans are needed
     * @throws PlanFileException if it cannot be used
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static StoredPlans open(
            Path file, PlanTrust trust, CpuFeatures cpu, CacheDirectory cache, Selector selector, Arena arena) {
        String name = file.toString();
        PlanContent content = content(file, trust, targets -> TargetChoice.of(name, targets, cpu), cache, arena);
        KernelLoader loader = new KernelLoader(arena);
        return new StoredPlans(name, content, (plan, constants) -> selector.bind(plan.load(loader), constants));
    }

    /**
     * Opens a file for a GPU.
     *
     * @param vendors whether the libraries that are there may compute kernels
     * @param arena how long the plans are needed
     * @throws PlanFileException if it cannot be used
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static StoredPlans open(
            Path file, PlanTrust trust, CudaDevice device, CacheDirectory cache, Vendors vendors, Arena arena) {
        String name = file.toString();
        PlanContent content =
                content(file, trust, targets -> TargetChoice.of(name, targets, device.facts()), cache, arena);
        return new StoredPlans(name, content, new DevicePlans(device, arena, vendors, content.numerics())::load);
    }

    private static PlanContent content(
            Path file,
            PlanTrust trust,
            Function<List<PlanContent.ForTarget>, PlanContent.ForTarget> choice,
            CacheDirectory cache,
            Arena arena) {
        Map<String, MemorySegment> entries = PlanFileEntries.open(file, trust, new CheckedFiles(cache), arena);
        String name = file.toString();
        String json = PlanManifest.text(entry(name, entries, PlanFileWriter.JSON));
        MemorySegment weights = entry(name, entries, PlanFileWriter.WEIGHTS);
        Map<String, Path> libraries = new HashMap<>();
        PlanJsonReader reader = new PlanJsonReader(
                weights,
                library -> libraries.computeIfAbsent(
                        library,
                        _ -> cache.keep(
                                CacheDirectory.Section.KERNELS,
                                new ContentKey(library),
                                "library.so",
                                entry(name, entries, PlanFileWriter.libraryEntry(library)))));
        try {
            return PlanJsonReader.read(json, choice, reader);
        } catch (IllegalArgumentException wrong) {
            throw PlanFileEntries.damaged(name, PlanFileWriter.JSON + " is no plan: " + wrong.getMessage());
        }
    }

    private static MemorySegment entry(String file, Map<String, MemorySegment> entries, String name) {
        MemorySegment entry = entries.get(name);
        if (entry == null) {
            throw PlanFileEntries.damaged(file, "it has no " + name);
        }
        return entry;
    }

    /**
     * @throws PlanFileException if kernels may do more to the order of sums than is asked for
     */
    public void refuseUnless(Numerics wanted) {
        if (!wanted.mayReassociate() && content.numerics().mayReassociate()) {
            throw new PlanFileException(
                    file,
                    PlanFileException.Reason.OTHER_NUMERICS,
                    "it was built with numerics " + content.numerics().text() + ", and " + wanted.text()
                            + " are asked for: build it with these");
        }
    }

    /** The plans for this machine. */
    public List<CompiledPlan> plans() {
        return plans;
    }

    /** The model as those see it who run it: its inputs, its outputs, and one node that stands for all between. */
    public Graph graph() {
        List<String> inputs = List.copyOf(content.inputs().keySet());
        List<Operand> given = new ArrayList<>();
        for (String input : inputs) {
            given.add(new Operand.Value(input));
        }
        List<Operand> computed = new ArrayList<>();
        for (String output : new LinkedHashSet<>(content.outputs())) {
            if (!content.inputs().containsKey(output)) {
                computed.add(new Operand.Value(output));
            }
        }
        Node node = new Node(
                content.model(), new Operator(Operator.WOODPECKER, "Plan"), given, computed, Map.of(), List.of());
        return new Graph(
                content.model(), inputs, List.of(), Map.of(), List.of(node), content.outputs(), content.inputs());
    }

    private static boolean serves(CompiledPlan plan, Graph graph) {
        for (Value input : plan.inputs()) {
            Optional<TensorType> type = graph.type(input.name());
            if (type.isEmpty() || !type.get().isSame(input.type())) {
                return false;
            }
        }
        return true;
    }

    /**
     * The plan for the shapes of the graph's inputs.
     *
     * @throws InvalidInputException listing the shapes that there are plans for, if these are others
     */
    @Override
    public Planned plan(Graph graph, Function<String, Optional<NdArray>> elements, Arena arena) {
        for (CompiledPlan plan : plans) {
            if (serves(plan, graph)) {
                return new Planned(loader.load(plan, arena), Map.of(), Optional.empty());
            }
        }
        String given = graph.inputs().stream()
                .map(input -> "'" + input + "': " + graph.type(input).orElseThrow())
                .collect(Collectors.joining(", "));
        String there = plans.stream()
                .map(plan -> plan.inputs().stream()
                        .map((Value input) -> "'" + input.name() + "': " + input.type())
                        .collect(Collectors.joining(", ")))
                .collect(Collectors.joining("; or "));
        throw new InvalidInputException(file + " has no plan for " + given + "; it has plans for " + there
                + ". Others are built from the model, by wpk build --dim NAME=EXTENT,..., or load the model itself");
    }
}

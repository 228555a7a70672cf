package dev.woodpecker.benchmarks.gpu;

import java.io.IOException;
import java.util.List;

/** The steps of a kit, in their order, with the time each may take. */
final class KitSteps {
    /** The first usually takes a few seconds; the sum is bounded by {@link KitRun} in any case. */
    static final List<Step> ALL = List.of(
            new Step(FactsStep.NAME, 30, Kind.DEVICE),
            new Step("ceilings", 20, Kind.DEVICE),
            new Step(CheckStep.NAME, 35, Kind.DEVICE),
            new Step("convolutions", 130, Kind.DEVICE),
            new Step("products", 35, Kind.DEVICE),
            new Step(TuningStep.NAME, 70, Kind.MODELS),
            new Step(ModelStep.NAME, 50, Kind.MODELS),
            new Step("peer-models", 85, Kind.PEERS),
            new Step("peer-layers", 60, Kind.PEERS));

    /** What does the work. */
    enum Kind {
        /** Our own, on the device. */
        DEVICE,
        /** Whole models, of which each opens the device by itself. */
        MODELS,
        /** PyTorch and XLA, by the Python of the machine. */
        PEERS
    }

    /** @param limitSeconds for all processes of the step together */
    record Step(String name, int limitSeconds, Kind kind) {}

    private KitSteps() {}

    static Step named(String name) {
        return ALL.stream()
                .filter(step -> step.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no step " + name + "; steps are "
                        + ALL.stream().map(Step::name).toList()));
    }

    /** The work of a step on the device, in this process. */
    static void run(Step step, StepContext context) throws IOException {
        switch (step.name()) {
            case FactsStep.NAME -> FactsStep.run(context);
            case CheckStep.NAME -> CheckStep.run(context);
            case "ceilings" -> new LayerStep("ceilings", Workloads.ceilings()).run(context);
            case "convolutions" ->
                new LayerStep("convolutions", Workloads.convolutions(Integer.MAX_VALUE)).run(context);
            case "products" -> new LayerStep("products", Workloads.products(Integer.MAX_VALUE)).run(context);
            default -> throw new IllegalArgumentException(step.name() + " is not done on the device by us");
        }
    }
}

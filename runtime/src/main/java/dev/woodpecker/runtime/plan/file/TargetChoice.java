package dev.woodpecker.runtime.plan.file;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.PlanFileException;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.plan.cuda.CudaChoice;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Which of a file's targets a processor runs best. */
final class TargetChoice {
    private TargetChoice() {}

    /**
     * The target of the widest vectors, and of the most instructions, among those that the processor can run.
     *
     * @throws PlanFileException saying what the file has and what the processor is, if it can run none
     */
    static PlanContent.ForTarget of(String file, List<PlanContent.ForTarget> targets, CpuFeatures cpu) {
        List<PlanContent.ForTarget> fitting = new ArrayList<>();
        for (PlanContent.ForTarget target : targets) {
            if (isOfTheMachine(target, cpu) && cpu.flags().containsAll(target.processorFlags())) {
                fitting.add(target);
            }
        }
        if (fitting.isEmpty()) {
            throw new PlanFileException(
                    file,
                    PlanFileException.Reason.OTHER_PROCESSOR,
                    "it has kernels for "
                            + targets.stream()
                                    .map(target -> described(target, cpu))
                                    .collect(Collectors.joining(" and "))
                            + "; this processor is "
                            + CpuTarget.name(cpu) + " (" + cpu.model()
                            + "). Build it with --target for this one too");
        }
        return fitting.size() == 1
                ? fitting.getFirst()
                : Collections.max(
                        fitting,
                        Comparator.comparingInt(TargetChoice::vectorBytes)
                                .thenComparing(target -> target.processorFlags().size()));
    }

    /**
     * The target of the newest generation that a GPU runs.
     *
     * @throws PlanFileException saying what the file has and what the device is, if it can run none
     */
    static PlanContent.ForTarget of(String file, List<PlanContent.ForTarget> targets, DeviceFacts device) {
        List<String> names = targets.stream().map(PlanContent.ForTarget::name).toList();
        return CudaChoice.best(names, device)
                .map(name -> targets.get(names.indexOf(name)))
                .orElseThrow(() -> new PlanFileException(
                        file,
                        PlanFileException.Reason.OTHER_PROCESSOR,
                        "it has kernels for " + String.join(" and ", names) + "; this device is " + device.summary()
                                + ". Build it with --target for this one too"));
    }

    private static String described(PlanContent.ForTarget target, CpuFeatures cpu) {
        Set<String> missing = new TreeSet<>(target.processorFlags());
        missing.removeAll(cpu.flags());
        return target.name() + (missing.isEmpty() ? "" : " (which needs " + String.join(", ", missing) + ")");
    }

    /** Flags tell levels of an architecture apart; this tells architectures apart. */
    private static boolean isOfTheMachine(PlanContent.ForTarget target, CpuFeatures cpu) {
        String arm = "cpu:aarch64";
        return !CudaChoice.isCuda(target.name())
                && target.name().equals(arm) == CpuTarget.name(cpu).equals(arm);
    }

    private static int vectorBytes(PlanContent.ForTarget target) {
        String withoutExtensions = target.name().split("\\+", 2)[0];
        return Target.find(withoutExtensions).map(Target::vectorBytes).orElse(0);
    }
}

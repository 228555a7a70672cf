package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Order;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A table of layers: for each workload every carried candidate, checked and timed, and the vendor's best.
 *
 * <p>A candidate's fault, after which a process can use the device no more, costs that candidate: it is noted before it is
 * tried, the process ends, and the next one goes on behind it.
 */
record LayerStep(String name, List<Workload> workloads) {
    /** The outcome of a candidate. */
    record Tried(double microseconds, String problem) {}

    void run(StepContext context) throws IOException {
        StepJournal rows = context.journal(name);
        Journals journals = new Journals(context.journal(name + "-candidates"), context.journal(name + "-vendors"));
        Map<String, List<Candidate>> carried =
                context.archive().contents().candidates().stream().collect(Collectors.groupingBy(Candidate::workload));
        List<String> packed = context.archive().contents().workloads();
        List<Workload> wanted = workloads.stream()
                .filter(workload -> packed.contains(workload.name()))
                .toList();
        for (Workload workload : wanted) {
            if (!rows.isDone(workload.name()) && context.hasTime()) {
                rows.finish(workload.name(), rowOrReason(context, journals, workload, carried));
            }
        }
        context.complete(name, wanted.stream().allMatch(workload -> rows.isDone(workload.name())));
    }

    /** What goes wrong beside the kernels, such as too little memory for the tensors, costs the row alone. */
    private static LayerRow rowOrReason(
            StepContext context, Journals journals, Workload workload, Map<String, List<Candidate>> carried)
            throws IOException {
        try {
            return row(context, journals, workload, carried);
        } catch (RuntimeException failure) {
            if (Release.isSticky(failure)) {
                throw failure;
            }
            return row(workload, List.of(), List.of(), Map.of(), VendorTimes.Best.none(String.valueOf(failure)));
        }
    }

    private record Journals(StepJournal candidates, StepJournal vendors) {}

    private static LayerRow row(
            StepContext context, Journals journals, Workload workload, Map<String, List<Candidate>> carried)
            throws IOException {
        StepJournal journal = journals.candidates();
        List<Candidate> candidates = carried.getOrDefault(workload.name(), List.of());
        List<Candidate> faultless = new ArrayList<>();
        Map<String, Tried> tried = new LinkedHashMap<>();
        boolean untried = candidates.stream().anyMatch(c -> !journal.isDone(c.id()) && !journal.wasFatal(c.id()));
        if (untried) {
            try (DeviceTensors tensors = new DeviceTensors(
                    context.driver(), context.stream(), workload, context.values(workload), Order.NCHW)) {
                for (Candidate candidate : candidates) {
                    if (!journal.isDone(candidate.id()) && !journal.wasFatal(candidate.id())) {
                        attempt(context, journal, candidate, tensors);
                    }
                }
            }
        }
        for (Candidate candidate : candidates) {
            Tried outcome = journal.row(candidate.id(), Tried.class)
                    .orElseGet(() -> new Tried(0, "it ended the process, or did not end"));
            tried.put(candidate.id(), outcome);
            if (outcome.microseconds() > 0) {
                faultless.add(candidate);
            }
        }
        VendorTimes.Best vendor = vendor(context, journals.vendors(), workload);
        return row(workload, candidates, faultless, tried, vendor);
    }

    private static void attempt(StepContext context, StepJournal journal, Candidate candidate, DeviceTensors tensors)
            throws IOException {
        journal.start(candidate.id());
        context.watchdog().begin();
        Tried outcome;
        try (DeviceKernels.Loaded kernel = context.kernels().load(candidate)) {
            tensors.spoilResult();
            kernel.run(argument -> buffer(tensors, candidate, 0, argument));
            Optional<String> wrong = tensors.wrong();
            int status = context.kernels().takeStatus();
            if (status != 0) {
                outcome = new Tried(0, "its check " + status + " failed");
            } else if (wrong.isPresent()) {
                outcome = new Tried(0, wrong.get());
            } else {
                outcome = new Tried(
                        1e6
                                * context.timer()
                                        .seconds(run ->
                                                kernel.run(argument -> buffer(tensors, candidate, run, argument))),
                        "");
            }
        } catch (CudaException refused) {
            outcome = new Tried(0, String.valueOf(refused.getMessage()));
            if (refused.isSticky()) {
                journal.finish(candidate.id(), outcome);
                throw refused;
            }
        } finally {
            context.watchdog().end();
        }
        journal.finish(candidate.id(), outcome);
    }

    /** The inputs come first, the one result last, in the order of the kernel's parameters. */
    private static dev.woodpecker.runtime.device.cuda.driver.DevicePointer buffer(
            DeviceTensors tensors, Candidate candidate, int run, int argument) {
        long inputs = candidate.arguments().stream()
                .filter(a -> a.role() == Candidate.Role.INPUT)
                .count();
        return argument < inputs ? tensors.input(run, argument) : tensors.result(run);
    }

    /** The library's kernels are tried under the same guard: a fault there costs the column's cell. */
    private static VendorTimes.Best vendor(StepContext context, StepJournal journal, Workload workload) {
        String item = workload.name();
        Optional<VendorTimes.Best> known = journal.row(item, VendorTimes.Best.class);
        if (known.isPresent()) {
            return known.get();
        }
        if (journal.wasFatal(item)) {
            return VendorTimes.Best.none("the library ended the process, or did not end");
        }
        journal.start(item);
        context.watchdog().begin();
        try {
            VendorTimes.Best best = context.vendors().best(workload, context.values(workload));
            journal.finish(item, best);
            return best;
        } catch (RuntimeException failure) {
            if (Release.isSticky(failure)) {
                throw failure;
            }
            return VendorTimes.Best.none(String.valueOf(failure));
        } finally {
            context.watchdog().end();
        }
    }

    private static LayerRow row(
            Workload workload,
            List<Candidate> candidates,
            List<Candidate> faultless,
            Map<String, Tried> tried,
            VendorTimes.Best vendor) {
        Function<Candidate, Double> time = candidate ->
                java.util.Objects.requireNonNull(tried.get(candidate.id())).microseconds();
        Optional<Candidate> fastest = faultless.stream().min(java.util.Comparator.comparingDouble(time::apply));
        Optional<Candidate> standard =
                faultless.stream().filter(Candidate::standard).findFirst();
        String problem = fastest.isPresent()
                ? vendor.problem()
                : candidates.isEmpty()
                        ? vendor.problem().isEmpty() ? "no candidate was carried" : vendor.problem()
                        : tried.values().iterator().next().problem();
        return new LayerRow(
                workload.name(),
                group(workload),
                fastest.map(time).orElse(0.0),
                standard.map(time).orElse(0.0),
                fastest.map(Candidate::decisions).orElse(Map.of()),
                candidates.size(),
                candidates.size() - faultless.size(),
                1e6 * vendor.seconds(),
                vendor.name(),
                vendor.tried(),
                workload.operations(),
                workload.bytes(),
                problem);
    }

    private static String group(Workload workload) {
        return switch (workload) {
            case Workload.Convolution convolution ->
                "batch " + convolution.batch() + ", " + workload.mode().text();
            case Workload.Product _, Workload.Stream _ -> workload.mode().text();
        };
    }
}

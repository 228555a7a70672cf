package dev.woodpecker.cli;

import dev.woodpecker.runtime.Profile;
import dev.woodpecker.runtime.plan.LayoutRate;
import dev.woodpecker.runtime.plan.TunableKernel;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the choice of layouts counts with, measured.
 *
 * @param measured of each kernel that tells about a rate, amounts in a nanosecond
 */
record LayoutRates(Map<LayoutRate, List<Double>> measured) {
    /** Of kernels with their layouts, and the times of the same. */
    static LayoutRates of(List<TunableKernel> kernels, Profile profile) {
        Map<String, Double> seconds = new HashMap<>();
        profile.kernels().forEach(kernel -> seconds.put(kernel.name(), kernel.medianSeconds()));
        Map<LayoutRate, List<Double>> measured = new EnumMap<>(LayoutRate.class);
        for (TunableKernel kernel : kernels) {
            Optional<LayoutRate.Work> work = LayoutRate.of(kernel);
            double nanoseconds = seconds.getOrDefault(kernel.node(), 0.0) * 1e9;
            if (work.isPresent() && nanoseconds > 0) {
                measured.computeIfAbsent(work.get().rate(), _ -> new ArrayList<>())
                        .add(work.get().amount() / nanoseconds);
            }
        }
        return new LayoutRates(measured);
    }

    void print(PrintWriter out) {
        out.println("    used   measured (median, least to most, kernels)");
        for (LayoutRate rate : LayoutRate.values()) {
            List<Double> all =
                    measured.getOrDefault(rate, List.of()).stream().sorted().toList();
            String found = all.isEmpty()
                    ? String.format(Locale.ROOT, "%8s %25s", "-", "")
                    : String.format(
                            Locale.ROOT,
                            "%8.2f %8.2f to %6.2f %6d",
                            all.get(all.size() / 2),
                            all.getFirst(),
                            all.getLast(),
                            all.size());
            out.printf(Locale.ROOT, "%8.2f %s  %s%n", rate.perNanosecond(), found, rate.what());
        }
    }
}

package dev.woodpecker.benchmarks.gpu;

import java.util.List;

/**
 * A workload as {@code peers.py} reads it.
 *
 * @param kind {@code convolution} or {@code product}
 * @param parameters strides, pads before, dilations and groups of a convolution
 */
record PeerWorkload(String name, String kind, String mode, List<List<Long>> inputs, List<Long> parameters) {
    static PeerWorkload of(Workload workload) {
        String mode = workload.mode().text();
        return switch (workload) {
            case Workload.Convolution convolution -> {
                var shape = convolution.shape();
                yield new PeerWorkload(
                        workload.name(),
                        "convolution",
                        mode,
                        workload.inputs(),
                        List.of(
                                shape.strides().get(0),
                                shape.strides().get(1),
                                shape.pads().get(0),
                                shape.pads().get(1),
                                shape.dilations().get(0),
                                shape.dilations().get(1),
                                shape.groups()));
            }
            case Workload.Product _ -> new PeerWorkload(workload.name(), "product", mode, workload.inputs(), List.of());
            case Workload.Stream _ -> new PeerWorkload(workload.name(), "stream", mode, workload.inputs(), List.of());
        };
    }
}

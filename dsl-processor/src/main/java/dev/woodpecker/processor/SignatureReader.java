package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.BindingText;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Form;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelSpec.Role;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.lang.model.element.RecordComponentElement;
import org.eclipse.jdt.core.dom.Annotation;
import org.eclipse.jdt.core.dom.BodyDeclaration;
import org.eclipse.jdt.core.dom.ITypeBinding;
import org.eclipse.jdt.core.dom.MethodDeclaration;
import org.eclipse.jdt.core.dom.Modifier;
import org.eclipse.jdt.core.dom.SingleVariableDeclaration;
import org.eclipse.jdt.core.dom.TypeDeclaration;

/** Reads the head of a kernel method: modifiers, parameters, result. */
final class SignatureReader {
    private final KernelContext context;
    private final ParsedSource source;

    SignatureReader(KernelContext context, ParsedSource source) {
        this.context = context;
        this.source = source;
    }

    /**
     * @param scope what the body's names stand for
     * @param result the kind of the value that the body returns
     */
    record Signature(Form form, List<Parameter> parameters, Scope scope, Kind result, List<String> outputs) {}

    Signature read(MethodDeclaration method) {
        checkModifiers(method);
        Kind result = result(method);
        Form form = result.isElement() ? Form.ELEMENTWISE : Form.TENSOR;
        List<Parameter> parameters = new ArrayList<>();
        Scope scope = Scope.EMPTY;
        for (SingleVariableDeclaration parameter : Nodes.of(SingleVariableDeclaration.class, method.parameters())) {
            Parameter read = parameter(parameter, form);
            parameters.add(read);
            scope = scope.with(parameter.getName().getIdentifier(), new Name(read.name(), read.kind()));
        }
        if (form == Form.ELEMENTWISE && parameters.stream().noneMatch(p -> p.role() == Role.INPUT)) {
            context.report(
                    DiagnosticCode.RETURN_TYPE,
                    source.place(method.getName()),
                    method.getName() + " returns one " + result.text() + " and has no element parameter");
        }
        return new Signature(form, parameters, scope, result, outputs(method, result));
    }

    private void checkModifiers(MethodDeclaration method) {
        String name = method.getName().getIdentifier();
        boolean inInterface = method.getParent() instanceof TypeDeclaration type && type.isInterface();
        if (!Modifier.isStatic(method.getModifiers())) {
            context.report(DiagnosticCode.NOT_STATIC, source.place(method.getName()), name + " is not static");
        }
        if (!Modifier.isPublic(method.getModifiers()) && !inInterface) {
            context.report(DiagnosticCode.NOT_PUBLIC, source.place(method.getName()), name + " is not public");
        }
        for (var outer = method.getParent(); outer instanceof BodyDeclaration type; outer = outer.getParent()) {
            if (!Modifier.isPublic(type.getModifiers())) {
                context.report(
                        DiagnosticCode.NOT_PUBLIC,
                        source.place(method.getName()),
                        "class of " + name + " is not public");
            }
        }
        if (!method.typeParameters().isEmpty()) {
            context.report(
                    DiagnosticCode.GENERIC_METHOD,
                    source.place(method.getName()),
                    name + " has type parameters " + method.typeParameters());
        }
    }

    private Kind result(MethodDeclaration method) {
        ITypeBinding type =
                method.getReturnType2() == null ? null : method.getReturnType2().resolveBinding();
        Optional<Kind> kind = type == null ? Optional.empty() : Kinds.of(type);
        boolean fits = kind.isPresent()
                && type != null
                && !type.getName().equals("double")
                && switch (kind.get()) {
                    case FLOAT, INT, BOOL, FLOAT_TENSOR, INT_TENSOR, MASK_TENSOR -> true;
                    case TENSORS -> hasTensorsOnly(type);
                    case INDEX, INT_ARRAY, FLOAT_ARRAY, TENSOR_LIST -> false;
                };
        if (!fits) {
            context.report(
                    DiagnosticCode.RETURN_TYPE,
                    source.place(method.getReturnType2() == null ? method.getName() : method.getReturnType2()),
                    method.getName() + " returns " + method.getReturnType2());
            return Kind.FLOAT_TENSOR;
        }
        Kind result = kind.orElse(Kind.FLOAT_TENSOR);
        boolean hasTensors = Nodes.of(SingleVariableDeclaration.class, method.parameters()).stream()
                .flatMap(parameter -> Kinds.of(parameter.resolveBinding().getType()).stream())
                .anyMatch(SignatureReader::isTensor);
        if (result.isElement() && hasTensors) {
            context.report(
                    DiagnosticCode.RETURN_TYPE,
                    source.place(method.getReturnType2()),
                    method.getName() + " takes tensors and returns " + method.getReturnType2());
            return Kind.FLOAT_TENSOR;
        }
        return result;
    }

    private boolean hasTensorsOnly(ITypeBinding record) {
        List<? extends RecordComponentElement> components = context.sources().components(record);
        return !components.isEmpty()
                && components.stream().allMatch(c -> Kinds.isTensor(c.asType().toString()));
    }

    private List<String> outputs(MethodDeclaration method, Kind result) {
        if (result != Kind.TENSORS) {
            return List.of("out");
        }
        return context.sources().components(method.getReturnType2().resolveBinding()).stream()
                .map(component -> component.getSimpleName().toString())
                .toList();
    }

    private Parameter parameter(SingleVariableDeclaration declared, Form form) {
        String name = declared.getName().getIdentifier();
        ITypeBinding type = declared.resolveBinding().getType();
        Optional<Annotation> attribute = Annotations.first(Annotations.ATTRIBUTE, declared.modifiers());
        Optional<Annotation> absent = Annotations.first(Annotations.ABSENT, declared.modifiers());
        Kind kind = Kinds.of(type).filter(k -> isAllowed(k, type, form)).orElseGet(() -> {
            context.report(
                    DiagnosticCode.PARAMETER_TYPE, source.place(declared), name + " is of type " + type.getName());
            return Kind.FLOAT;
        });
        boolean isInput = attribute.isEmpty() && (form == Form.ELEMENTWISE ? kind.isElement() : isTensor(kind));
        if (attribute.isPresent() && isTensor(kind)) {
            context.report(
                    DiagnosticCode.PARAMETER_TYPE,
                    source.place(declared),
                    name + " is marked @Attribute and is a " + kind.text());
        }
        if (absent.isPresent() && !isInput) {
            context.report(DiagnosticCode.ABSENT_ON_ATTRIBUTE, source.place(absent.get()), name + " is an attribute");
        }
        String bound = attribute
                .map(annotation -> (String) Annotations.value(annotation, "name"))
                .filter(given -> !given.isEmpty())
                .map(SignatureReader::camelCase)
                .orElse(name);
        Optional<String> value = isInput
                ? absent.map(annotation -> neutral((Number) Annotations.value(annotation, "value")))
                : attribute.flatMap(annotation -> byDefault(annotation, kind));
        String unique = context.names().fresh(bound);
        context.parameters().add(unique);
        return new Parameter(
                unique, kind, isInput ? Role.INPUT : Role.ATTRIBUTE, value, source.origin(declared.getName()));
    }

    private static boolean isTensor(Kind kind) {
        return kind.isTensor() || kind == Kind.TENSOR_LIST;
    }

    private static boolean isAllowed(Kind kind, ITypeBinding type, Form form) {
        return !type.getName().equals("double")
                && switch (kind) {
                    case FLOAT, INT, BOOL, INT_ARRAY, FLOAT_ARRAY -> true;
                    case FLOAT_TENSOR, INT_TENSOR, MASK_TENSOR, TENSOR_LIST -> form == Form.TENSOR;
                    case INDEX, TENSORS -> false;
                };
    }

    /** {@code kernel_shape} as Java has it, {@code kernelShape}. */
    private static String camelCase(String name) {
        StringBuilder out = new StringBuilder();
        for (String word : name.split("_")) {
            boolean first = out.isEmpty();
            out.append(
                    first || word.isEmpty() ? word : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
        }
        return out.toString();
    }

    private static String neutral(Number value) {
        String text = Float.toString(value.floatValue());
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    private Optional<String> byDefault(Annotation annotation, Kind kind) {
        String text = (String) Annotations.value(annotation, "byDefault");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            checkValue(kind, text);
        } catch (IllegalArgumentException misfit) {
            context.report(
                    DiagnosticCode.ATTRIBUTE_DEFAULT,
                    source.place(annotation),
                    "byDefault = \"" + text + "\" is no " + kind.text());
        }
        return Optional.of(text);
    }

    /** Reads a value as {@code @Example} does, for a kernel with this one attribute. */
    private static void checkValue(Kind kind, String text) {
        Parameter attribute = new Parameter("value", kind, Role.ATTRIBUTE, Optional.empty(), Origin.NONE);
        KernelSpec only = new KernelSpec(
                "byDefault",
                "",
                "",
                Form.TENSOR,
                List.of(attribute),
                List.of(),
                new IntLiteral(0),
                List.of(),
                List.of(),
                Origin.NONE);
        BindingText.parse(only, "byDefault", "value=" + text, DType.F32);
    }
}

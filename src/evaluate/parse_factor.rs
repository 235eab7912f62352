//! Factors and floors of a matrix: which fields and flags they take, and what makes points of them.

use std::ops::Range;

use hashbrown::HashMap;
use toml::Spanned;

use crate::catalog::{Classifier, EntityType, Field, RELATED_ENTITY, Type, keys};
use crate::classifier::ClassifierFile;
use crate::text::did_you_mean;

use super::form::{
    BandForm, Conditions, FactorForm, FloorForm, MissingForm, OneOrMore, PerForm, Pick, PointsForm,
};
use super::matrix::{Band, Factor, Floor, Group, Holds, Measure, Scale, Source};
use super::parse::Reader;
use super::parse_path::{Resolved, only_for};
use super::screened::Flag;

impl Reader<'_> {
    pub(super) fn factor(
        &mut self,
        form: FactorForm,
        groups: &[Group],
        missing: MissingForm,
    ) -> Option<Factor> {
        let at = form.id.span();
        let name = form.group.get_ref();
        let group = groups.iter().position(|g| g.name == *name);
        if group.is_none() {
            let known = groups.iter().map(|g| &*g.name);
            self.not_known(
                form.group.span(),
                format!("there is no group {name}"),
                name,
                known,
            );
        }
        let paths = self.resolve(form.field.as_ref(), &form.conditions);
        let leaf = paths.first().and_then(|p| p.leaf);
        let source = match (&form.field, &form.flag, &form.additional_value) {
            (Some(_), None, None) => None,
            (None, Some(flag), None) => Some(self.flags(flag, &form.conditions)),
            (None, None, Some(code)) => Some(Source::AdditionalValue(code.clone())),
            _ => {
                let remedy = "write one of field, flag and additional_value";
                self.problem(at, "it is not clear what the factor takes", remedy);
                return None;
            }
        };
        let scale = self.scale(&form, &paths, leaf)?;
        let pick = self.pick(&form, &scale, at);
        Some(Factor {
            applies: form
                .applies
                .map(EntityType::from)
                .or_else(|| only_for(&paths)),
            unless: self.unless(&form.unless),
            source: source
                .unwrap_or_else(|| Source::Fields(paths.into_iter().map(|p| p.path).collect())),
            id: form.id.into_inner(),
            group: group.unwrap_or_default(),
            scale,
            pick,
            unknown: form.unknown,
            missing: form.missing.unwrap_or(missing),
        })
    }

    fn pick(&mut self, form: &FactorForm, scale: &Scale, at: Range<usize>) -> Pick {
        let default = if matches!(scale, Scale::Is(..)) {
            Pick::Any
        } else {
            Pick::Max
        };
        let pick = form.pick.as_ref().map_or(default, |p| *p.get_ref());
        let fits = match (scale, pick) {
            (Scale::Is(..), Pick::Any | Pick::All) => true,
            (Scale::Is(..), _) | (_, Pick::Any | Pick::All) => false,
            (Scale::Bands(..), Pick::Count) => {
                form.age.is_none() && form.per.is_none() && form.field.is_some()
            }
            (_, Pick::Count) => false,
            _ => true,
        };
        if !fits {
            let remedy = "any and all go with is, count with bands, max, min and sum with what has numbers or points";
            self.problem(
                at,
                format!("pick = {} does not go with this factor", pick.name()),
                remedy,
            );
        }
        pick
    }

    /// What makes points of the values: one of `attribute`, `values`, `bands` and `is`.
    fn scale(
        &mut self,
        form: &FactorForm,
        paths: &[Resolved],
        leaf: Option<&'static Field>,
    ) -> Option<Scale> {
        let at = form.id.span();
        let ways = [
            form.attribute.is_some(),
            form.values.is_some(),
            form.bands.is_some(),
            form.is.is_some(),
        ];
        let flag = form.flag.is_some();
        let ways = ways.into_iter().filter(|is| *is).count() + usize::from(flag);
        if ways != 1 || (form.field.is_some() && paths.is_empty()) {
            if ways != 1 {
                let remedy =
                    "write one of attribute, values, bands and is; a flag takes points alone";
                self.problem(at, "it is not clear how the factor gets its points", remedy);
            }
            return None;
        }
        self.keys_without_use(form);
        let points = form.points.as_ref();
        if let Some(bands) = &form.bands {
            return self.bands(form, bands, paths);
        }
        if let Some(values) = &form.values {
            let PointsForm::Rated(rated) = values.get_ref() else {
                let remedy = "write values = { CODE = 20 }";
                self.problem(
                    values.span(),
                    "values is not a table of codes with points",
                    remedy,
                );
                return None;
            };
            for field in paths.iter().filter_map(|p| p.leaf) {
                self.check_words(&values.span(), field, rated.keys().map(String::as_str));
            }
            let codes = rated
                .iter()
                .map(|(code, n)| (code.as_str().into(), (*n, "".into())));
            return Some(Scale::Codes(codes.collect()));
        }
        if let Some(attribute) = &form.attribute {
            return self.rated(attribute, points, paths, &at);
        }
        let Some(PointsForm::Fixed(points)) = points.map(Spanned::get_ref) else {
            self.problem(at, "points is not a whole number", "write points = 50");
            return None;
        };
        if !flag && leaf.is_some_and(|f| !matches!(f.ty, Type::Boolean | Type::Text)) {
            self.problem(
                at,
                "is asks for a Boolean field",
                "use attribute, values or bands",
            );
        }
        Some(Scale::Is(form.is.unwrap_or(true), *points))
    }

    /// Keys that say nothing about the way in which the factor gets its points.
    fn keys_without_use(&mut self, form: &FactorForm) {
        let at = form.id.span();
        let flag = form.flag.is_some();
        let wants_points = flag || form.attribute.is_some() || form.is.is_some();
        let codes = form.attribute.is_some() || form.values.is_some();
        let useless = [
            ("points", form.points.is_some() && !wants_points),
            ("unknown", form.unknown.is_some() && !codes),
            ("age", form.age.is_some() && form.bands.is_none()),
            (
                "per",
                form.per.is_some() && (form.bands.is_none() || form.age.is_some()),
            ),
        ];
        for (key, _) in useless.iter().filter(|(_, is)| *is) {
            let remedy = format!("remove {key}, or see docs/RISK.md for what it goes with");
            self.problem(
                at.clone(),
                format!("{key} does nothing in this factor"),
                &remedy,
            );
        }
    }

    /// The ratings that the classifier of the fields gives its values, with the points of each.
    fn rated(
        &mut self,
        attribute: &Spanned<String>,
        points: Option<&Spanned<PointsForm>>,
        paths: &[Resolved],
        at: &Range<usize>,
    ) -> Option<Scale> {
        let name = attribute.get_ref();
        let classifiers: Vec<Option<Classifier>> =
            paths.iter().map(|p| p.leaf?.classifier).collect();
        let classifier = classifiers.first().copied().flatten();
        if classifier.is_none() || classifiers.iter().any(|c| *c != classifier) {
            let remedy =
                "take fields of one classifier (docs/FIELDS.md), or write values = { CODE = 20 }";
            self.problem(
                attribute.span(),
                "the fields are not of one classifier",
                remedy,
            );
            return None;
        }
        let Some(PointsForm::Rated(rated)) = points.map(Spanned::get_ref) else {
            let remedy = "write points = { low = 0, high = 80 }";
            self.problem(at.clone(), "there are no points for the ratings", remedy);
            return None;
        };
        let file = self.classifier(classifier?)?;
        self.used.insert(file.name.clone(), file.hash());
        let mut codes = HashMap::new();
        let (mut any, mut unrated) = (false, Vec::new());
        for value in &file.values {
            let Some(rating) = value.attributes.get(name) else {
                continue;
            };
            any = true;
            let rating = rating
                .as_str()
                .map_or_else(|| rating.to_string(), str::to_owned);
            match rated.get(&rating) {
                // A retired value is not to be given any more, so nobody keeps its rating up.
                Some(n) if !value.retired => {
                    codes.insert(value.code.as_str().into(), (*n, rating.into_boxed_str()));
                }
                Some(_) => {}
                None if unrated.contains(&rating) => {}
                None => {
                    let message = format!(
                        "{} of the classifier {} has {name} = {rating}, which has no points here",
                        value.code, file.name
                    );
                    let near = did_you_mean(&rating, rated.keys().map(String::as_str));
                    let remedy = format!("add {rating} to points. {}", near.unwrap_or_default());
                    let place = points.map_or(at.clone(), Spanned::span);
                    self.problem(place, message, remedy.trim_end());
                    unrated.push(rating);
                }
            }
        }
        if !any {
            self.no_attribute(attribute, file);
        }
        Some(Scale::Codes(codes))
    }

    fn no_attribute(&mut self, attribute: &Spanned<String>, file: &ClassifierFile) {
        let name = attribute.get_ref();
        let message = format!(
            "no value of the classifier {} has the attribute {name}",
            file.name
        );
        let mut all: Vec<&str> = file
            .values
            .iter()
            .flat_map(|v| v.attributes.keys())
            .map(|k| &**k)
            .collect();
        all.sort_unstable();
        all.dedup();
        let near = did_you_mean(name, all.into_iter());
        let remedy = near.unwrap_or_else(|| {
            format!(
                "rate its values: CODE = {{ name = \"...\", attributes = {{ {name} = \"high\" }} }}"
            )
        });
        self.problem(attribute.span(), message, &remedy);
    }

    fn bands(
        &mut self,
        form: &FactorForm,
        bands: &Spanned<Vec<BandForm>>,
        paths: &[Resolved],
    ) -> Option<Scale> {
        let forms = bands.get_ref();
        let mut before = None;
        for (i, band) in forms.iter().enumerate() {
            let last = i + 1 == forms.len();
            if band.below.is_none() != last || (!last && before >= band.below) {
                let remedy = "let below rise from band to band, and leave it out in the last alone";
                self.problem(bands.span(), "the bands do not follow each other", remedy);
                return None;
            }
            before = band.below;
        }
        let numbers = |p: &Resolved| match p.leaf.map(|f| f.ty) {
            Some(Type::Integer | Type::BigInteger | Type::Decimal | Type::Text) => {
                form.age.is_none()
            }
            Some(Type::Date) => form.age.is_some(),
            _ => false,
        };
        let counts = form
            .pick
            .as_ref()
            .is_some_and(|p| *p.get_ref() == Pick::Count);
        if !counts && !paths.iter().all(numbers) {
            let remedy = "bands go with numbers, with dates and age, and with pick = \"count\"";
            self.problem(bands.span(), "a field of this factor is no number", remedy);
        }
        let measure = match (&form.age, &form.per) {
            (Some(age), _) => {
                let until = self.path(age.until.get_ref(), &age.until.span())?;
                let sound = until.path.steps.is_empty() && matches!(until.leaf?.ty, Type::Date);
                if !sound {
                    let remedy = "write until = \"Customer.applicationDate\": the day of the request, never that of the clock";
                    self.problem(
                        age.until.span(),
                        "until is not a Date of the customer",
                        remedy,
                    );
                }
                Measure::Age(until.path.leaf?, age.unit)
            }
            (None, Some(per)) => self.per(per, paths)?,
            (None, None) => Measure::Number,
        };
        let band = |b: &BandForm| Band {
            below: b.below.map(|n| n.saturating_mul(1000)),
            points: b.points,
        };
        Some(Scale::Bands(forms.iter().map(band).collect(), measure))
    }

    fn per(&mut self, per: &PerForm, paths: &[Resolved]) -> Option<Measure> {
        let (name, at) = (per.field.get_ref(), per.field.span());
        let object = paths.first()?.object;
        let index = keys(object)
            .get(name)
            .filter(|_| paths.iter().all(|p| p.object.id == object.id));
        let Some(index) = index else {
            let message = format!("the fields have no {name} beside them");
            self.not_known(at, message, name, object.fields.iter().map(|f| f.name));
            return None;
        };
        self.check_words(
            &at,
            object.field(index),
            per.factor.keys().map(String::as_str),
        );
        if per.factor.get(&per.unit).is_none_or(|r| r.0 != r.1) {
            let remedy = "give the unit of the bands the factor 1";
            self.problem(at, format!("factor does not have {} = 1", per.unit), remedy);
        }
        let ratios = per.factor.iter().map(|(word, r)| (word.clone(), r.0, r.1));
        Some(Measure::Per(index, ratios.collect()))
    }

    pub(super) fn floor(&mut self, form: FloorForm, factors: &[Factor]) -> Option<Floor> {
        self.not_none(&form.at_least);
        let points_fit = form.factor.is_some() == form.points_from.is_some();
        let is_fits = form.field.is_some() == form.is.is_some();
        let holds = match (&form.field, &form.flag, &form.factor) {
            (Some(_), None, None) if is_fits && points_fit => {
                let paths = self.resolve(form.field.as_ref(), &form.conditions);
                if paths
                    .iter()
                    .any(|p| !matches!(p.leaf.map(|f| f.ty), Some(Type::Boolean)))
                {
                    let remedy = "a floor takes a Boolean field, a flag, or the points of a factor";
                    self.problem(form.id.span(), "is asks for a Boolean field", remedy);
                }
                let paths = paths.into_iter().map(|p| p.path).collect();
                Holds::Fields(paths, form.is.unwrap_or(true))
            }
            (None, Some(flag), None) if is_fits && points_fit => {
                match self.flags(flag, &form.conditions) {
                    Source::Flags(flags, conditions) => Holds::Flags(flags, conditions),
                    _ => return None,
                }
            }
            (None, None, Some(ids)) if is_fits && points_fit => {
                let mut indexes = Vec::new();
                for id in &ids.get_ref().0 {
                    match factors.iter().position(|f| f.id == *id) {
                        Some(index) => indexes.push(index),
                        None => {
                            let known = factors.iter().map(|f| &*f.id);
                            self.not_known(
                                ids.span(),
                                format!("there is no factor {id}"),
                                id,
                                known,
                            );
                        }
                    }
                }
                Holds::Factors(indexes, form.points_from.unwrap_or(100))
            }
            _ => {
                let remedy = "write flag; or field and is; or factor and points_from";
                self.problem(
                    form.id.span(),
                    "it is not clear when the floor holds",
                    remedy,
                );
                return None;
            }
        };
        Some(Floor {
            unless: self.unless(&form.unless),
            id: form.id.into_inner(),
            holds,
            at_least: form.at_least.into_inner(),
            human: form.human,
        })
    }

    fn flags(&mut self, flag: &Spanned<OneOrMore>, conditions: &Conditions) -> Source {
        let mut flags = Vec::new();
        for word in &flag.get_ref().0 {
            match Flag::from_name(word) {
                Some(flag) => flags.push(flag),
                None => {
                    let known = Flag::NAMES.iter().copied();
                    self.not_known(flag.span(), format!("there is no flag {word}"), word, known);
                }
            }
        }
        let mut of_related = Vec::new();
        if let Some(forms) = conditions {
            if !flags
                .iter()
                .any(|f| f.about().is_some_and(|(_, related)| related))
            {
                let remedy = "conditions are about related entities: use a flag related.…";
                self.problem(forms.span(), "where does nothing here", remedy);
            }
            for (name, test) in forms.get_ref() {
                of_related.extend(self.condition(name, test, &RELATED_ENTITY, &forms.span()));
            }
        }
        Source::Flags(flags, of_related)
    }
}
